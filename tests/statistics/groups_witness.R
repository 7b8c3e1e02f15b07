# What R says of independent groups: means, shares, categories.
#
#   Rscript tests/statistics/groups_witness.R > tests/statistics/groups_witness.csv
#
# From the repository's root. Output: versions, then dataset,scale,contrast,statistic,value with 17 digits. Data set "means":
# moments (statistic input_...) and what t.test says of them; "counts": x1-n1-x2-n2; "categories": the counts of both groups.
# The effect size is by hand, its standard error by a gradient that R's deriv makes of the definition, with the covariance
# matrix of two sample variances; Morris's variance (2008) is in "morris". Newcombe's interval is made of
# prop.test's Wilson limits.

suppressMessages(library(HSAUR3))
options(warn = -1)
cat("#", R.version.string, "HSAUR3", as.character(packageVersion("HSAUR3")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}

J <- function(m) exp(lgamma(m / 2) - log(sqrt(m / 2)) - lgamma((m - 1) / 2))
by_definition <- deriv(~ (m1 - m2) / sqrt(((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 2)), c("m1", "m2", "v1", "v2"),
                       function(m1, m2, v1, v2, n1, n2) NULL)
means <- function(name, group, pre, post) {
  here <- function(statistic, value) put("means", name, "", statistic, value)
  came <- !is.na(pre) & !is.na(post); group <- group[came]; pre <- pre[came]; change <- (post - pre)[came]
  n <- m <- s <- b <- numeric(2)
  for (g in 1:2) {
    rows <- group == c("group", "reference")[g]
    n[g] <- sum(rows); m[g] <- mean(change[rows]); s[g] <- sd(change[rows]); b[g] <- sd(pre[rows])
    for (input in list(list("n", n[g]), list("mean", m[g]), list("sd", s[g]), list("baseline", b[g])))
      here(paste0("input_", input[[1]], g), input[[2]])
    here(paste0("input_pre_mean", g), mean(pre[rows]))
  }
  d <- by_definition(m[1], m[2], b[1]^2, b[2]^2, n[1], n[2])
  gradient <- attr(d, "gradient")[1, ]
  se <- sqrt(sum(gradient^2 * c(s^2 / n, 2 * b^4 / (n - 1))))
  here("d", as.numeric(d)); here("d_se", se); here("g", J(sum(n) - 2) * as.numeric(d))
  balance <- (mean(pre[group == "group"]) - mean(pre[group == "reference"])) / sqrt((b[1]^2 + b[2]^2) / 2)
  here("balance", balance)
  by_balance <- deriv(~ (m1 - m2) / sqrt((v1 + v2) / 2), c("m1", "m2", "v1", "v2"), function(m1, m2, v1, v2) NULL)
  slope <- attr(by_balance(mean(pre[group == "group"]), mean(pre[group == "reference"]), b[1]^2, b[2]^2), "gradient")[1, ]
  here("balance_se", sqrt(sum(slope^2 * c(b^2 / n, 2 * b^4 / (n - 1)))))
  for (level in c(0.95, 0.99)) {
    test <- t.test(change[group == "group"], change[group == "reference"], conf.level = level)
    here("difference", as.numeric(test$estimate[1] - test$estimate[2])); here("se", test$stderr)
    here("t", as.numeric(test$statistic)); here("df", as.numeric(test$parameter)); here("p", test$p.value)
    here(paste0("low_", level), test$conf.int[1]); here(paste0("high_", level), test$conf.int[2])
    quantile <- qt((1 + level) / 2, test$parameter)
    here(paste0("d_low_", level), as.numeric(d - quantile * se)); here(paste0("d_high_", level), as.numeric(d + quantile * se))
    here(paste0("g_low_", level), J(sum(n) - 2) * as.numeric(d - quantile * se))
    here(paste0("g_high_", level), J(sum(n) - 2) * as.numeric(d + quantile * se))
    z <- qnorm((1 + level) / 2) * sqrt(sum(slope^2 * c(b^2 / n, 2 * b^4 / (n - 1))))
    here(paste0("balance_low_", level), balance - z); here(paste0("balance_high_", level), balance + z)
  }
}
group <- ifelse(BtheB$treatment == "BtheB", "group", "reference")
for (wave in c("bdi.2m", "bdi.3m", "bdi.5m", "bdi.8m")) means(wave, group, BtheB$bdi.pre, BtheB[[wave]])
drug <- ifelse(BtheB$drug == "Yes", "group", "reference")
for (wave in c("bdi.2m", "bdi.8m")) means(paste0("drug_", wave), drug, BtheB$bdi.pre, BtheB[[wave]])
means("tiny", c("group", "group", "reference", "reference"), c(3, 5, 4, 9), c(4, 9, 4, 8))
means("flat_change", c("group", "group", "group", rep("reference", 4)), c(3, 5, 7, 4, 9, 1, 2), c(4, 6, 8, 4, 8, 5, 2))
means("flat_baseline", c("group", "group", "group", rep("reference", 4)), c(3, 3, 3, 4, 9, 1, 2), c(4, 9, 2, 4, 8, 5, 2))

# Morris's exact variance of d_ppc2 under equal variances, at n a group, delta and the correlation of both waves
for (n in c(20, 100, 1000, 10000)) for (delta in c(0, 0.5, 1.5)) for (rho in c(0.3, 0.8)) {
  df <- 2 * n - 2; both <- 2 * n / n^2; cp <- J(df)
  variance <- 2 * cp^2 * (1 - rho) * both * df / (df - 2) * (1 + delta^2 / (2 * (1 - rho) * both)) - delta^2
  put("morris", paste(n, delta, rho, sep = "-"), "", "variance", variance)
}

limits <- function(x, n, level) prop.test(x, n, conf.level = level, correct = FALSE)$conf.int
counts <- function(x1, n1, x2, n2) {
  here <- function(statistic, value) put("counts", paste(x1, n1, x2, n2, sep = "-"), "", statistic, value)
  here("fisher", fisher.test(matrix(c(x1, n1 - x1, x2, n2 - x2), 2), workspace = 2e7)$p.value)
  here("difference", x1 / n1 - x2 / n2)
  here("risk_ratio", (x1 / n1) / (x2 / n2)); here("odds_ratio", (x1 * (n2 - x2)) / ((n1 - x1) * x2))
  for (level in c(0.95, 0.99)) {
    z <- qnorm((1 + level) / 2); first <- limits(x1, n1, level); second <- limits(x2, n2, level); d <- x1 / n1 - x2 / n2
    low <- d - sqrt((x1 / n1 - first[1])^2 + (second[2] - x2 / n2)^2)
    high <- d + sqrt((first[2] - x1 / n1)^2 + (x2 / n2 - second[1])^2)
    here(paste0("difference_low_", level), low); here(paste0("difference_high_", level), high)
    if (low > 0 || high < 0) {
      here(paste0("number_low_", level), 1 / high); here(paste0("number_", level), 1 / d); here(paste0("number_high_", level), 1 / low)
    }
    katz <- z * sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    here(paste0("risk_ratio_low_", level), exp(log((x1 / n1) / (x2 / n2)) - katz))
    here(paste0("risk_ratio_high_", level), exp(log((x1 / n1) / (x2 / n2)) + katz))
    woolf <- z * sqrt(1 / x1 + 1 / (n1 - x1) + 1 / x2 + 1 / (n2 - x2))
    here(paste0("odds_ratio_low_", level), exp(log((x1 * (n2 - x2)) / ((n1 - x1) * x2)) - woolf))
    here(paste0("odds_ratio_high_", level), exp(log((x1 * (n2 - x2)) / ((n1 - x1) * x2)) + woolf))
  }
}
for (four in list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(6, 7, 2, 7), c(10, 15, 5, 20), c(1, 3, 2, 5), c(7, 9, 7, 9), c(3, 4, 1, 4),
                  c(104, 11037, 189, 11034), c(300, 100000, 5, 90000), c(5, 56, 0, 29), c(0, 10, 3, 20), c(10, 10, 3, 20),
                  c(4, 10, 20, 20), c(10, 10, 12, 12), c(0, 4, 0, 7), c(1, 1, 0, 1), c(0, 5, 6, 6))) {
  do.call(counts, as.list(four))
}

categories <- function(first, second) {
  p <- first / sum(first); q <- second / sum(second); used <- (p + q) > 0
  p <- p[used]; q <- q[used]
  S <- (diag(p) - p %o% p + diag(q) - q %o% q) / 2
  put("categories", paste(paste(first, collapse = "-"), paste(second, collapse = "-"), sep = "/"), "", "distance",
      sqrt(mahalanobis(p[-1], q[-1], S[-1, -1, drop = FALSE])))
}
categories(c(10, 20, 30), c(15, 15, 20)); categories(c(3, 0, 5, 2), c(0, 4, 6, 1)); categories(c(5, 5), c(2, 8))
categories(c(7, 0, 3, 0), c(1, 0, 9, 0)); categories(c(1, 2, 3, 4, 5), c(5, 4, 3, 2, 1)); categories(c(4, 4, 4), c(40, 40, 40))
