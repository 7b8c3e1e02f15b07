# What R says of reliability from polychoric correlations.
#
#   Rscript tests/statistics/ordinal_witness.R > tests/statistics/ordinal_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits. Made
# answers of 300 people: "five" are six items from 1 to 5 (statistic data, contrast the person and item), "skew" five items from 0
# to 3 that most answer with 0, "yes" four items of 0 and 1. Two-step estimates: thresholds from the margins, then the likelihood
# of one correlation; found by optimize() on mnormt's bivariate probabilities, and held against lavaan::lavCor and
# psych::polychoric (correct = 0), which stop earlier.

suppressMessages({ library(lavaan); library(psych); library(mnormt) })
version_of <- function(name) paste(name, as.character(packageVersion(name)))
cat("#", R.version.string, version_of("lavaan"), version_of("psych"), version_of("mnormt"), "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(scale, contrast, statistic, value) cat(sprintf("made,%s,%s,%s,%.17g\n", scale, contrast, statistic, value))

two_step <- function(x, y) {
  counts <- table(x, y); n <- sum(counts)
  edges <- function(margin) c(-Inf, qnorm(cumsum(margin)[-length(margin)] / n), Inf)
  a <- edges(rowSums(counts)); b <- edges(colSums(counts))
  loss <- function(r) {
    total <- 0
    for (i in seq_len(nrow(counts))) for (j in seq_len(ncol(counts))) if (counts[i, j] > 0) {
      p <- sadmvn(c(a[i], b[j]), c(a[i + 1], b[j + 1]), c(0, 0), matrix(c(1, r, r, 1), 2), abseps = 1e-14)
      total <- total - counts[i, j] * log(p)
    }
    total
  }
  # The root of a central difference is found more exactly than the least value itself.
  start <- optimize(loss, c(-0.999, 0.999), tol = 1e-10)$minimum
  slope <- function(r) (loss(r + 1e-5) - loss(r - 1e-5)) / 2e-5
  uniroot(slope, start + c(-1e-3, 1e-3), tol = 1e-13, extendInt = "upX")$root
}

said <- function(name, x) {
  n <- nrow(x); k <- ncol(x)
  for (i in seq_len(n)) for (j in seq_len(k)) put(name, paste0(i, "-", j), "data", x[i, j])
  R <- diag(k)
  for (i in seq_len(k - 1)) for (j in (i + 1):k) R[i, j] <- R[j, i] <- two_step(x[, i], x[, j])
  named <- as.data.frame(x); names(named) <- paste0("i", seq_len(k)); dimnames(R) <- list(names(named), names(named))
  theirs <- unclass(lavCor(named, ordered = names(named)))
  psychs <- suppressWarnings(polychoric(x, correct = 0)$rho)
  put(name, "", "lavaan_differs_by", max(abs(R - theirs)))
  put(name, "", "psych_differs_by", max(abs(R - psychs)))
  for (i in seq_len(k - 1)) for (j in (i + 1):k) put(name, paste0(i, "-", j), "polychoric", R[i, j])
  put(name, "", "alpha", suppressWarnings(alpha(R, warnings = FALSE))$total$raw_alpha)
  fit <- cfa(paste("f =~", paste(names(named), collapse = " + ")), sample.cov = R, sample.nobs = n, std.lv = TRUE)
  est <- lavInspect(fit, "est")
  put(name, "", "omega", sum(est$lambda)^2 / (sum(est$lambda)^2 + sum(est$theta)))
}

set.seed(7)
made <- function(n, loadings, cuts) {
  f <- rnorm(n)
  sapply(loadings, function(l) findInterval(l * f + sqrt(1 - l^2) * rnorm(n), cuts))
}
said("five", 1 + made(300, c(0.8, 0.7, 0.75, 0.6, 0.5, 0.65), c(-1.4, -0.6, 0.2, 1.1)))
said("skew", made(300, c(0.85, 0.7, 0.6, 0.75, 0.55), c(0.7, 1.3, 1.9)))
said("yes", made(300, c(0.8, 0.6, 0.7, 0.5), 0.3))
