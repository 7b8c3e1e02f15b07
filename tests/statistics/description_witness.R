# What R says of the shared data sets: descriptives, shares, norms, reliability, who left, pooling.
#
#   Rscript tests/statistics/description_witness.R > tests/statistics/description_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits.

suppressMessages({
  library(lavaan)
  library(psych)
  library(mice)
})
options(warn = -1)
version_of <- function(name) paste(name, as.character(packageVersion(name)))
cat("#", R.version.string, version_of("lavaan"), version_of("psych"), version_of("mice"), "\n")
cat("dataset,scale,contrast,statistic,value\n")
scores <- read.csv("tests/statistics/data/scores.csv")
items <- read.csv("tests/statistics/data/items.csv")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, as.numeric(value)))
}

# SAS's and SPSS's skewness, written from its definition with k statistics
skewness <- function(x) {
  n <- length(x)
  k3 <- n / ((n - 1) * (n - 2)) * sum((x - mean(x))^3)
  k3 / sd(x)^3
}
hedges <- function(df) exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)

observed <- function(x) x[rowSums(!is.na(x)) > 0, , drop = FALSE]

for (dataset in unique(scores$dataset)) {
  for (scale in unique(scores$scale[scores$dataset == dataset])) {
    all <- scores[scores$dataset == dataset & scores$scale == scale, c("t1", "t2", "t3")]
    for (wave in names(all)) {
      x <- all[[wave]][!is.na(all[[wave]])]
      here <- function(statistic, value) put(dataset, scale, wave, statistic, value)
      here("n", length(x))
      here("mean", mean(x)); here("sd", sd(x)); here("se", sd(x) / sqrt(length(x))); here("median", median(x))
      here("q1", quantile(x, 0.25)); here("q3", quantile(x, 0.75)); here("min", min(x)); here("max", max(x))
      here("skewness", skewness(x)); here("floor", mean(x == 1)); here("ceiling", mean(x == 5))
      test <- t.test(x); here("ci_low", test$conf.int[1]); here("ci_high", test$conf.int[2])
      # A norm: 40 made people, of whom the moments alone are told
      norm <- mean(x) + 0.4 * sd(x) * (1:40 - 20) / 12
      welch <- t.test(x, norm)
      here("norm_mean", mean(norm)); here("norm_sd", sd(norm))
      here("welch_t", welch$statistic); here("welch_df", welch$parameter); here("welch_p", welch$p.value)
      here("welch_low", welch$conf.int[1]); here("welch_high", welch$conf.int[2])
      m <- 0.5 * sd(norm)
      here("tost", max(t.test(x, norm, mu = -m, alternative = "greater")$p.value, t.test(x, norm, mu = m, alternative = "less")$p.value))
      one <- t.test(x, mu = mean(norm))
      here("one_t", one$statistic); here("one_p", one$p.value)
    }
    # Those who returned the third wave beside those who did not, at the first
    stayed <- all$t1[!is.na(all$t1) & !is.na(all$t3)]; left <- all$t1[!is.na(all$t1) & is.na(all$t3)]
    if (length(stayed) > 1 && length(left) > 1) {
      n1 <- length(stayed); n2 <- length(left); df <- n1 + n2 - 2
      pooled <- sqrt(((n1 - 1) * var(stayed) + (n2 - 1) * var(left)) / df)
      t <- t.test(stayed, left, var.equal = TRUE)$statistic
      root <- function(share) uniroot(function(nc) pt(t, df, nc) - share, c(t - 8 - abs(t), t + 8 + abs(t)), tol = 1e-14)$root
      f <- sqrt(1 / n1 + 1 / n2)
      put(dataset, scale, "left", "g", hedges(df) * (mean(stayed) - mean(left)) / pooled)
      put(dataset, scale, "left", "g_low", hedges(df) * root(0.975) * f)
      put(dataset, scale, "left", "g_high", hedges(df) * root(0.025) * f)
    }
  }
}

for (dataset in unique(items$dataset)) {
  for (scale in unique(items$scale[items$dataset == dataset])) {
    x <- reshape(items[items$dataset == dataset & items$scale == scale, c("person", "item", "answer")], direction = "wide",
                 idvar = "person", timevar = "item")[, -1]
    x <- na.omit(x)
    names(x) <- paste0("i", seq_along(x))
    put(dataset, scale, "items", "n", nrow(x))
    own <- suppressMessages(psych::alpha(x, check.keys = FALSE, warnings = FALSE))
    put(dataset, scale, "items", "alpha", own$total$raw_alpha)
    k <- ncol(x); n <- nrow(x)
    put(dataset, scale, "items", "alpha_low", 1 - (1 - own$total$raw_alpha) * qf(0.975, n - 1, (n - 1) * (k - 1)))
    put(dataset, scale, "items", "alpha_high", 1 - (1 - own$total$raw_alpha) * qf(0.025, n - 1, (n - 1) * (k - 1)))
    for (i in seq_len(k)) {
      put(dataset, scale, "items", paste0("item_rest_", i), cor(x[[i]], rowSums(x[, -i, drop = FALSE])))
      put(dataset, scale, "items", paste0("without_", i), own$alpha.drop$raw_alpha[i])
    }
    fit <- cfa(paste("f =~", paste(names(x), collapse = " + ")), x, std.lv = TRUE)
    est <- lavInspect(fit, "est")
    put(dataset, scale, "items", "omega", sum(est$lambda)^2 / (sum(est$lambda)^2 + sum(est$theta)))
    put(dataset, scale, "items", "converged", lavInspect(fit, "converged"))
  }
}

for (pair in list(c(0, 5), c(1, 7), c(17, 32), c(32, 32), c(3, 400))) {
  x <- prop.test(pair[1], pair[2], correct = FALSE)$conf.int
  put("shares", pair[1], pair[2], "wilson_low", x[1]); put("shares", pair[1], pair[2], "wilson_high", x[2])
}
for (pair in list(c(0, 0), c(0, 3), c(1, 8), c(4, 4), c(12, 5), c(30, 61))) {
  put("discordant", pair[1], pair[2], "p", if (sum(pair)) binom.test(pair[1], sum(pair))$p.value else 1)
}
for (four in list(c(10, 3, 1, 7), c(0, 0, 0, 21), c(5, 9, 0, 2), c(200, 30, 12, 158))) {
  n <- sum(four); p12 <- (four[2] + 1) / (n + 2); p21 <- (four[3] + 1) / (n + 2)
  half <- qnorm(0.975) * sqrt((p12 + p21 - (p12 - p21)^2) / (n + 2))
  name <- paste(four, collapse = "-")
  put("paired", name, "", "low", max(-1, p12 - p21 - half)); put("paired", name, "", "high", min(1, p12 - p21 + half))
}
for (four in list(c(3, 10, 4, 20), c(1, 5, 0, 9), c(40, 90, 12, 80))) {
  a <- four[1] / four[2]; b <- four[3] / four[4]
  h <- function(p) (p[1] - p[2]) / sqrt((p[1] * (1 - p[1]) + p[2] * (1 - p[2])) / 2)
  g <- numDeriv::grad(h, c(a, b), method = if (b > 0) "Richardson" else "simple")
  name <- paste(four, collapse = "-")
  put("two shares", name, "", "difference", h(c(a, b)))
  if (b > 0) put("two shares", name, "", "half", qnorm(0.975) * sqrt(g[1]^2 * a * (1 - a) / four[2] + g[2]^2 * b * (1 - b) / four[4]))
}

set.seed(1)
for (m in c(5, 50)) {
  Q <- rnorm(m, 2, 0.7); U <- rchisq(m, 20) / 20 * 0.6
  pooled <- pool.scalar(Q, U, n = 32, k = 1)
  for (i in seq_len(m)) { put("pool", m, i, "Q", Q[i]); put("pool", m, i, "U", U[i]) }
  put("pool", m, "", "estimate", pooled$qbar); put("pool", m, "", "variance", pooled$t); put("pool", m, "", "df", pooled$df)
  put("pool", m, "", "riv", pooled$r); put("pool", m, "", "fmi", pooled$fmi)
}
# Imputation by chained normal regressions: the same model up to the draws, with many data sets
imputed <- function(x, m) {
  x <- observed(x)
  filled <- mice(x, m = m, method = "norm", maxit = 20, printFlag = FALSE, seed = 7)
  Q <- U <- numeric(m)
  for (i in 1:m) { y <- complete(filled, i); d <- y$t1 - y$t2; Q[i] <- mean(d); U[i] <- var(d) / nrow(y) }
  pool.scalar(Q, U, n = nrow(x), k = 1)
}
for (place in list(c("awkward", "prorated"), c("example", "wellbeing"), c("example", "emotional_exhaustion"))) {
  x <- scores[scores$dataset == place[1] & scores$scale == place[2], c("t1", "t2", "t3")]
  pooled <- imputed(x, 2000)
  put(place[1], place[2], "mice", "estimate", pooled$qbar); put(place[1], place[2], "mice", "se", sqrt(pooled$t))
  put(place[1], place[2], "mice", "between", pooled$b)
}
