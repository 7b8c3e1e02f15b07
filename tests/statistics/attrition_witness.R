# What R says of two independent shares: Newcombe's hybrid score interval, from the Wilson limits of prop.test.
#
#   Rscript tests/statistics/attrition_witness.R > tests/statistics/attrition_witness.csv
#
# From the repository's root. Output: R's version, then dataset,scale,contrast,statistic,value with 17 digits. Rows of the
# shared data sets: of the people who came at t1, the share above its median among those with and without a score at t3.

cat("#", R.version.string, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}
limits <- function(x, n, level) suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE)$conf.int)
hybrid <- function(dataset, scale, x1, n1, x2, n2) {
  four <- paste(x1, n1, x2, n2, sep = "-")
  put(dataset, scale, four, "difference", x1 / n1 - x2 / n2)
  for (level in c(0.95, 0.99)) {
    one <- limits(x1, n1, level); two <- limits(x2, n2, level); d <- x1 / n1 - x2 / n2
    put(dataset, scale, four, paste0("low_", level), d - sqrt((x1 / n1 - one[1])^2 + (two[2] - x2 / n2)^2))
    put(dataset, scale, four, paste0("high_", level), d + sqrt((one[2] - x1 / n1)^2 + (x2 / n2 - two[1])^2))
  }
}
for (four in list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(6, 7, 2, 7), c(5, 56, 0, 29), c(0, 10, 0, 20), c(0, 10, 0, 10),
                  c(10, 10, 0, 20), c(10, 10, 0, 10), c(1, 1, 0, 1), c(300, 100000, 5, 90000))) {
  hybrid("counts", "chosen", four[1], four[2], four[3], four[4])
}
scores <- read.csv("tests/statistics/data/scores.csv")
for (dataset in unique(scores$dataset)) {
  for (scale in unique(scores$scale[scores$dataset == dataset])) {
    x <- scores[scores$dataset == dataset & scores$scale == scale & !is.na(scores$t1), ]
    high <- x$t1 > median(x$t1); stayed <- !is.na(x$t3)
    if (any(stayed) && any(!stayed)) hybrid(dataset, scale, sum(high[stayed]), sum(stayed), sum(high[!stayed]), sum(!stayed))
  }
}
