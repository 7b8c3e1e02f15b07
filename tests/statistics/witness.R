# What R says of small samples, awkward ones among them.
#
#   Rscript tests/statistics/witness.R > tests/statistics/witness.csv
#
# Output: a line with R's version, then sample,statistic,value with 17 significant digits. The samples stand in the
# output, too (baseline and followup, one line a person), so that the test reads what R read.

samples <- list(
  ordinary = list(c(12, 15, 11, 18, 9, 14, 16, 10), c(14, 15, 13, 17, 12, 18, 15, 13)),
  two_pairs = list(c(1.5, 2.25), c(1, 3.5)),
  no_mean_change = list(c(1, 2, 3, 4), c(2, 1, 4, 3)),
  tiny_difference = list(c(1e6, 1e6 + 1, 1e6 + 2, 1e6 + 5), c(1e6 + 1e-3, 1e6 + 1, 1e6 + 2.5, 1e6 + 4)),
  strong = list(c(50, 52, 49, 51, 50, 53, 48, 50, 51, 49), c(31, 30, 33, 29, 32, 31, 30, 30, 33, 28)),
  constant_followup = list(c(2, 3, 5, 4, 1), c(3, 3, 3, 3, 3)),
  thousand = list((1:1000 * 7919) %% 1009 / 10, (1:1000 * 104729) %% 997 / 10)
)
cat("#", R.version.string, "\n")
cat("sample,statistic,value\n")
for (name in names(samples)) {
  x <- samples[[name]][[1]]
  y <- samples[[name]][[2]]
  put <- function(statistic, value) cat(sprintf("%s,%s,%.17g\n", name, statistic, value))
  for (i in seq_along(x)) {
    put("baseline", x[i])
    put("followup", y[i])
  }
  test <- t.test(x, y, paired = TRUE)
  wide <- t.test(x, y, paired = TRUE, conf.level = 0.99)
  put("t", test$statistic)
  put("df", test$parameter)
  put("p", test$p.value)
  put("ci95_low", test$conf.int[1])
  put("ci95_high", test$conf.int[2])
  put("ci99_low", wide$conf.int[1])
  put("ci99_high", wide$conf.int[2])
  put("d_baseline", mean(x - y) / sd(x))
  put("d_z", mean(x - y) / sd(x - y))
  put("correlation", if (sd(y) > 0) cor(x, y) else NA)
}
