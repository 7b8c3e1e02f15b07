# What R says of the shared data sets: effect sizes, ranks, multiplicity.
#
#   Rscript tests/statistics/inference_witness.R > tests/statistics/inference_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits.

suppressMessages(library(exactRankTests))
options(warn = -1)
cat("#", R.version.string, "exactRankTests", as.character(packageVersion("exactRankTests")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
scores <- read.csv("tests/statistics/data/scores.csv")

put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}

# --- effect sizes: points by their definitions, variances by the delta method written out for each
hedges <- function(df) exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
noncentral <- function(t, df) {
  root <- function(share) {
    f <- function(nc) pt(t, df, nc) - share
    uniroot(f, c(t - 8 - abs(t), t + 8 + abs(t)), tol = 1e-14)$root
  }
  c(root(0.975), root(0.025))
}
effects <- function(x, y, put) {
  n <- length(x)
  d <- mean(x - y)
  s1 <- sd(x); s2 <- sd(y); c12 <- cov(x, y); r <- cor(x, y); sd_change <- sd(x - y)
  m <- n - 1
  z <- qnorm(0.975)
  j <- hedges(m)
  found <- list()
  t <- d / (sd_change / sqrt(n))
  found$d_z <- c(d / sd_change, noncentral(t, m) / sqrt(n))
  db <- d / s1
  found$d_baseline <- c(db, db + c(-1, 1) * z * sqrt(sd_change^2 / (s1^2 * m) + db^2 / (2 * m)))
  average <- sqrt((s1^2 + s2^2) / 2)
  da <- d / average
  # Bonett 2008, equation for two dependent means
  va <- da^2 * (s1^4 + s2^4 + 2 * c12^2) / (8 * average^4 * m) + sd_change^2 / (average^2 * m)
  found$d_av <- c(da, da + c(-1, 1) * z * sqrt(va))
  dr <- d / sd_change * sqrt(2 * (1 - r))
  # The same delta method by numerical derivatives of sqrt(2 (1 - r)) / sd_change
  h <- function(v) sqrt(2 * (1 - v[3] / sqrt(v[1] * v[2]))) / sqrt(v[1] + v[2] - 2 * v[3])
  v <- c(s1^2, s2^2, c12)
  g <- sapply(1:3, function(i) {
    step <- 1e-4 * max(abs(v))
    richardson <- function(e) { a <- v; b <- v; a[i] <- a[i] + e; b[i] <- b[i] - e; (h(a) - h(b)) / (2 * e) }
    f1 <- richardson(step); f2 <- richardson(step / 2); f3 <- richardson(step / 4)
    a1 <- (4 * f2 - f1) / 3; a2 <- (4 * f3 - f2) / 3
    (16 * a2 - a1) / 15
  })
  S <- matrix(c(2 * v[1]^2, 2 * c12^2, 2 * v[1] * c12, 2 * c12^2, 2 * v[2]^2, 2 * v[2] * c12,
                2 * v[1] * c12, 2 * v[2] * c12, v[1] * v[2] + c12^2), 3) / m
  vr <- h(v)^2 * sd_change^2 / m + d^2 * as.numeric(t(g) %*% S %*% g)
  found$d_rm <- c(dr, dr + c(-1, 1) * z * sqrt(vr))
  for (name in names(found)) {
    put(name, found[[name]][1]); put(paste0(name, "_low"), found[[name]][2]); put(paste0(name, "_high"), found[[name]][3])
    corrected <- paste0("g", substring(name, 2))
    put(corrected, j * found[[name]][1])
    put(paste0(corrected, "_low"), j * found[[name]][2]); put(paste0(corrected, "_high"), j * found[[name]][3])
  }
}

ranks <- function(d, put) {
  d <- round(d, 11)
  x <- d[d != 0]
  n <- length(x)
  if (n == 0) return(invisible())
  midranks <- rank(round(abs(x), 11))
  w <- sum(midranks[x > 0])
  put("w_plus", w)
  put("rank_biserial", (w - sum(midranks[x < 0])) / sum(midranks))
  if (n <= 200) {
    put("wilcoxon_p", if (n == 1) 1 else wilcox.exact(x)$p.value)
  } else {
    put("wilcoxon_p", wilcox.test(x, exact = FALSE)$p.value)
  }
  walsh <- outer(x, x, "+") / 2
  walsh <- sort(walsh[!lower.tri(walsh)])
  put("shift", median(walsh))
  if (2^(1 - n) <= 0.05) {
    k <- if (n <= 200) qsignrank(0.025, n) else floor(n * (n + 1) / 4 - qnorm(0.975) * sqrt(n * (n + 1) * (2 * n + 1) / 24))
    k <- max(1, k)
    put("shift_low", walsh[k]); put("shift_high", walsh[length(walsh) + 1 - k])
  }
  if (n <= 12) {  # all signs, one by one
    signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), n)))
    put("sign_flip_p", mean(abs(signs %*% abs(x)) >= abs(sum(x)) - 1e-7))
  } else if (all(abs(x - round(x)) < 1e-9) && n <= 400) {
    put("sign_flip_p", perm.test(round(x), alternative = "two.sided", exact = TRUE)$p.value)
  }
  if (length(unique(d)) > 1) put("acceleration", sum((d - mean(d))^3) / (6 * sum((d - mean(d))^2)^1.5))
}

for (dataset in unique(scores$dataset)) {
  for (scale in unique(scores$scale[scores$dataset == dataset])) {
    x <- scores[scores$dataset == dataset & scores$scale == scale, ]
    for (later in c("t2", "t3")) {
      pair <- x[!is.na(x$t1) & !is.na(x[[later]]), ]
      here <- function(statistic, value) put(dataset, scale, paste0("t1-", later), statistic, value)
      here("n", nrow(pair))
      if (nrow(pair) >= 3) effects(pair$t1, pair[[later]], here)
      if (nrow(pair) >= 1) ranks(pair$t1 - pair[[later]], here)
    }
  }
}
p <- c(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1)
for (i in seq_along(p)) {
  put("published", "benjamini_hochberg_1995", i, "p", p[i])
  put("published", "benjamini_hochberg_1995", i, "p_holm", p.adjust(p, "holm")[i])
  put("published", "benjamini_hochberg_1995", i, "p_bh", p.adjust(p, "BH")[i])
}
