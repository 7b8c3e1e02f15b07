# What R says of Little's test, also with two and five waves, sparse data and the whole of the large data set.
#
#   Rscript tests/statistics/normal_witness.R > tests/statistics/normal_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits.
# Mean and covariance come from EM person by person (Little and Rubin, 3rd ed., ch. 11.2), in base R, until nothing moves by
# 1e-13 of its spread. lavaan's own saturated estimates (missing = "fiml", EM) stand beside as lavaan_ where it gives them.
# The made-up data sets stand in the output (contrast "data", statistic row-column, NA where missing).

suppressMessages(library(lavaan))
options(warn = -1)
cat("#", R.version.string, "lavaan", as.character(packageVersion("lavaan")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
scores <- read.csv("tests/statistics/data/scores.csv")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}

em <- function(x) {
  k <- ncol(x)
  middle <- colMeans(x, na.rm = TRUE)
  x <- sweep(x, 2, middle)
  mu <- numeric(k)
  unit <- apply(x, 2, sd, na.rm = TRUE)
  S <- diag(unit^2, k)
  for (step in 1:100000) {
    sums <- numeric(k)
    products <- matrix(0, k, k)
    for (i in seq_len(nrow(x))) {
      o <- !is.na(x[i, ])
      y <- x[i, ]
      extra <- matrix(0, k, k)
      if (!all(o)) {
        B <- S[!o, o, drop = FALSE] %*% solve(S[o, o, drop = FALSE])
        y[!o] <- mu[!o] + B %*% (x[i, o] - mu[o])
        extra[!o, !o] <- S[!o, !o, drop = FALSE] - B %*% S[o, !o, drop = FALSE]
      }
      y <- y - mu
      sums <- sums + y
      products <- products + tcrossprod(y) + extra
    }
    shift <- sums / nrow(x)
    renewed <- products / nrow(x) - tcrossprod(shift)
    moved <- max(abs(shift) / unit, abs(renewed - S) / tcrossprod(unit))
    mu <- mu + shift
    S <- renewed
    if (moved < 1e-13) break
  }
  list(mu = middle + mu, S = S)
}

mcar <- function(x, dataset, scale) {
  here <- function(statistic, value) put(dataset, scale, "", statistic, value)
  x <- as.matrix(x)
  x <- x[rowSums(!is.na(x)) > 0, , drop = FALSE]
  k <- ncol(x)
  fit <- em(x)
  pattern <- apply(!is.na(x), 1, paste, collapse = "")
  d2 <- function(mu, S) {
    total <- 0
    for (p in unique(pattern)) {
      rows <- x[pattern == p, , drop = FALSE]
      o <- which(!is.na(rows[1, ]))
      away <- colMeans(rows[, o, drop = FALSE]) - mu[o]
      total <- total + nrow(rows) * sum(away * solve(S[o, o, drop = FALSE], away))
    }
    total
  }
  df <- sum(sapply(unique(pattern), function(p) sum(!is.na(x[match(p, pattern), ])))) - k
  for (i in seq_len(k)) {
    here(paste0("mean_", i), fit$mu[i])
    for (j in i:k) here(paste0("covariance_", i, "_", j), fit$S[i, j])
  }
  chi_square <- d2(fit$mu, fit$S)
  here("patterns", length(unique(pattern))); here("chi_square", chi_square); here("df", df)
  here("p", pchisq(chi_square, df, lower.tail = FALSE))
  frame <- as.data.frame(x)
  names(frame) <- paste0("w", seq_len(k))
  own <- tryCatch(lavCor(frame, missing = "fiml", output = "fit", em.h1.iter.max = 100000, em.h1.tol = 1e-14), error = function(e) NULL)
  if (!is.null(own)) {
    saturated <- lavInspect(own, "sampstat")
    here("lavaan_chi_square", d2(as.numeric(saturated$mean), unclass(saturated$cov)))
  }
}

for (dataset in unique(scores$dataset)) {
  for (scale in unique(scores$scale[scores$dataset == dataset])) {
    mcar(scores[scores$dataset == dataset & scores$scale == scale, c("t1", "t2", "t3")], dataset, scale)
  }
}

# Made-up data by fixed formulas: person i, wave j; a score is missing where a remainder says so.
make <- function(people, waves, every) {
  i <- matrix(seq_len(people), people, waves)
  j <- matrix(seq_len(waves), people, waves, byrow = TRUE)
  x <- 20 + j / 3 + ((i * 37) %% 23 - 11) / 7 + ((i * 7919 + j * 104729) %% 1009 - 504) / 250
  x[(i * 5 + j * j * 11) %% every == 0 | (j > 1 & (i * j) %% 4 == 3)] <- NA
  x
}
made <- list(two_waves = make(25, 2, 4), five_waves = make(90, 5, 6), far_from_zero = make(40, 3, 6) + 1e6)
made$lost_for_a_reason <- make(60, 3, 97)
made$lost_for_a_reason[made$lost_for_a_reason[, 1] > 21, 3] <- NA
for (name in names(made)) {
  x <- made[[name]]
  for (i in seq_len(nrow(x))) for (j in seq_len(ncol(x))) put("made", name, "data", paste0(i, "-", j), x[i, j])
  mcar(x, "made", name)
}
