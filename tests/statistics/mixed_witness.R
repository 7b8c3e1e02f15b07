# What R says of the linear mixed model, also with two and five waves, few people and the whole of the large data set.
#
#   Rscript tests/statistics/mixed_witness.R > tests/statistics/mixed_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits.
# The made-up data sets stand in the output (contrast "data", statistic row-column, NA where missing).
# Beside lmerTest's own words stand exact ones, without finite differences: scores apart from the means are turned so that they
# are independent with variances within + between * nu, nu the eigenvalues of K'ZZ'K (Patterson and Thompson, Biometrika
# 1971, 58, 545-554); likelihood, its Hessian by both variances and the contrasts' variances are then sums over them.

suppressMessages(library(lmerTest))
options(warn = -1)
cat("#", R.version.string, "lme4", as.character(packageVersion("lme4")), "lmerTest", as.character(packageVersion("lmerTest")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
scores <- read.csv("tests/statistics/data/scores.csv")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}

mixed <- function(x, dataset, scale) {
  here <- function(contrast, statistic, value) put(dataset, scale, contrast, statistic, value)
  x <- as.matrix(x)
  k <- ncol(x)
  long <- data.frame(person = rep(seq_len(nrow(x)), k), wave = factor(rep(seq_len(k), each = nrow(x))), y = c(x))
  long <- long[!is.na(long$y), ]
  X <- model.matrix(~ 0 + wave, long)
  Z <- model.matrix(~ 0 + factor(person), long)
  n <- nrow(X); p <- ncol(X)
  K <- qr.Q(qr(X), complete = TRUE)[, (p + 1):n, drop = FALSE]
  parts <- eigen(tcrossprod(crossprod(K, Z)), symmetric = TRUE)
  nu <- ifelse(abs(parts$values) < 1e-9, 0, parts$values)
  u2 <- as.vector(crossprod(parts$vectors, crossprod(K, long$y)))^2
  d <- n - p
  profile <- function(lambda) d * log(sum(u2 / (1 + lambda * nu))) + sum(log(1 + lambda * nu))
  slope <- function(lambda) {
    v <- 1 + lambda * nu
    sum(nu / v) - d * sum(u2 * nu / v^2) / sum(u2 / v)
  }
  grid <- c(0, exp(seq(log(1e-7), log(1e7), length.out = 200)))
  best <- which.min(sapply(grid, profile))
  lambda <- if (best == 1 && slope(0) >= 0) 0 else
    uniroot(slope, c(grid[max(1, best - 1)], grid[best + 1]), tol = 1e-15, maxiter = 1000)$root
  within <- sum(u2 / (1 + lambda * nu)) / d
  between <- lambda * within
  v <- within + between * nu
  # Twice the inverse Hessian of the deviance by (between, within); only within where between lies at its bound
  w <- -1 / v^2 + 2 * u2 / v^3
  H <- matrix(c(sum(w * nu^2), sum(w * nu), sum(w * nu), sum(w)), 2)
  spread <- if (lambda > 0) 2 * solve(H) else diag(c(0, 2 * within^2 / d))
  V <- within * diag(n) + between * tcrossprod(Z)
  U <- solve(V, X)
  A <- solve(crossprod(X, U))
  b <- A %*% crossprod(U, long$y)
  by_between <- A %*% tcrossprod(crossprod(U, Z)) %*% A
  by_within <- A %*% crossprod(U) %*% A
  here("", "sd_between", sqrt(between)); here("", "sd_within", sqrt(within))
  here("", "log_likelihood", -0.5 * (d * log(2 * pi) + sum(log(v)) + sum(u2 / v) + as.numeric(determinant(crossprod(X))$modulus)))
  control <- lmerControl(check.conv.singular = "ignore", optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12))
  fit <- suppressMessages(lmer(y ~ 0 + wave + (1 | person), long, REML = TRUE, control = control))
  L <- list()
  for (i in seq_len(k)) L[[paste0("mean_", i)]] <- as.numeric(seq_len(k) == i)
  for (i in seq_len(k - 1)) for (j in (i + 1):k) L[[paste0("t", i, "-t", j)]] <- (seq_len(k) == i) - (seq_len(k) == j)
  if (k == 5) L[["trend"]] <- c(-2, -1, 0, 1, 2) / 10
  for (name in names(L)) {
    l <- L[[name]]
    value <- sum(l * b)
    variance <- as.numeric(l %*% A %*% l)
    g <- c(l %*% by_between %*% l, l %*% by_within %*% l)
    df <- as.numeric(2 * variance^2 / (g %*% spread %*% g))
    t <- value / sqrt(variance)
    half <- qt(0.975, df) * sqrt(variance)
    for (said in list(c("estimate", value), c("se", sqrt(variance)), c("df", df), c("t", t), c("p", 2 * pt(-abs(t), df)),
                      c("ci_low", value - half), c("ci_high", value + half))) here(name, said[1], as.numeric(said[2]))
    own <- contest(fit, l, joint = FALSE)
    here(name, "lmertest_estimate", own$Estimate); here(name, "lmertest_se", own$`Std. Error`)
    here(name, "lmertest_df", own$df); here(name, "lmertest_p", own$`Pr(>|t|)`)
  }
}

for (dataset in unique(scores$dataset)) {
  for (scale in unique(scores$scale[scores$dataset == dataset])) {
    mixed(scores[scores$dataset == dataset & scores$scale == scale, c("t1", "t2", "t3")], dataset, scale)
  }
}

# Made-up data by fixed formulas: person i, wave j; a score is missing where a remainder says so.
make <- function(people, waves, between, every) {
  i <- matrix(seq_len(people), people, waves)
  j <- matrix(seq_len(waves), people, waves, byrow = TRUE)
  x <- 20 + j / 3 + between * ((i * 37) %% 23 - 11) / 7 + ((i * 7919 + j * 104729) %% 1009 - 504) / 250
  x[(i * 5 + j * j * 11) %% every == 0 | (j > 1 & (i * j) %% 4 == 3)] <- NA
  x
}
made <- list(
  two_waves = make(25, 2, 1.2, 4),
  five_waves = make(40, 5, 0.9, 6),
  five_waves_alike = make(30, 5, 0, 7),
  people_far_apart = make(30, 3, 4000, 6),
  far_from_zero = make(30, 3, 1, 6) + 1e6,
  few = matrix(c(1, 4, 2, 7, 3, 6, 4.5, NA, 8, NA, NA, 5.5), 6, 2, byrow = TRUE)
)
for (name in names(made)) {
  x <- made[[name]]
  for (i in seq_len(nrow(x))) for (j in seq_len(ncol(x))) put("made", name, "data", paste0(i, "-", j), x[i, j])
  mixed(x, "made", name)
}
