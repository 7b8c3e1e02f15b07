# What R says of what scores mean: cut-offs, named ranges, recovery, two metrics.
#
#   Rscript tests/statistics/meaning_witness.R > tests/statistics/meaning_witness.csv
#
# From the repository's root. Output: versions, then dataset,scale,contrast,statistic,value with 17 digits. Data set "made":
# 60 pairs of scores from 0 to 27, and of half scores (statistic data, contrast the pair's number and wave), what cut() and
# table() say of them, and classes by ifelse(). Ranges, cut-off and reliability stand in the scale's input_ statistics. The
# midpoint is the root of "as many SDs from either mean", the percent of the maximum is scales::rescale, the T score the mean
# of everybody's own T.

suppressMessages(library(scales))
cat("#", R.version.string, "scales", as.character(packageVersion("scales")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(scale, contrast, statistic, value) {
  cat(sprintf("made,%s,%s,%s,%.17g\n", scale, contrast, statistic, value))
}

set.seed(20)
said <- function(name, pre, post, starts, cut_off, reliability, norm_mean, norm_sd, low, high, better) {
  for (i in seq_along(pre)) { put(name, paste0(i, "-pre"), "data", pre[i]); put(name, paste0(i, "-post"), "data", post[i]) }
  for (i in seq_along(starts)) put(name, i, "input_start", starts[i])
  inputs <- c(cut_off = cut_off, reliability = reliability, norm_mean = norm_mean, norm_sd = norm_sd, low = low, high = high,
              better = better)
  for (i in names(inputs)) put(name, "", paste0("input_", i), inputs[i])
  ranges <- function(x) cut(x, c(starts, Inf), right = FALSE, labels = seq_along(starts))
  put(name, "pre", "at_least", sum(pre >= cut_off)); put(name, "post", "at_most", sum(post <= cut_off))
  for (i in seq_along(starts)) put(name, i, "in_range", table(ranges(pre))[i])
  moves <- table(ranges(pre), ranges(post))
  for (i in seq_along(starts)) for (j in seq_along(starts)) put(name, paste0(i, "-", j), "moves", moves[i, j])
  m <- mean(pre); s <- sd(pre)
  middle <- uniroot(function(x) abs(x - m) / s - abs(x - norm_mean) / norm_sd, sort(c(m, norm_mean)), tol = 1e-14)$root
  put(name, "", "midpoint", middle)
  least <- 1.96 * s * sqrt(2 * (1 - reliability))
  gain <- better * (post - pre)
  for (by in c("midpoint", "cut_off")) {
    limit <- c(midpoint = middle, cut_off = cut_off)[[by]]
    well <- function(x) better * (x - limit) > 0
    class <- ifelse(gain > least, ifelse(!well(pre) & well(post), "recovered", "improved"),
                    ifelse(gain < -least, "deteriorated", "unchanged"))
    put(name, by, "unwell", sum(!well(pre)))
    for (one in c("recovered", "improved", "unchanged", "deteriorated")) put(name, by, one, sum(class == one))
  }
  put(name, "", "percent_of_maximum", rescale(mean(pre), to = c(0, 100), from = c(low, high)))
  put(name, "", "t_score", mean(50 + 10 * scale(pre, norm_mean, norm_sd)[, 1]))
}

pre <- pmin(27, pmax(0, round(rnorm(60, 14, 6)))); post <- pmin(27, pmax(0, round(pre - rnorm(60, 3, 6))))
said("sum", pre, post, c(0, 5, 10, 15, 20), 10, 0.86, 2.91, 3.52, 0, 27, -1)
pre <- pmin(5, pmax(1, round(2 * rnorm(60, 2.4, 0.8)) / 2)); post <- pmin(5, pmax(1, round(2 * (pre + rnorm(60, 0.7, 0.9))) / 2))
said("half", pre, post, c(1, 3, 4.31), 2.5, 0.8, 3.6, 0.7, 1, 5, 1)
