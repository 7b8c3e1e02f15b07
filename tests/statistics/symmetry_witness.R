# What R says of people who changed between several categories.
#
#   Rscript tests/statistics/symmetry_witness.R > tests/statistics/symmetry_witness.csv
#
# From the repository's root. Output: versions, then table,input or statistic,value with 17 digits; inputs are counts by row.
# bowker: mcnemar.test without correction. sign: binom.test of those who rose and fell.

cat("#", R.version.string, "\n")
cat("table,statistic,value\n")
put <- function(table, statistic, value) cat(sprintf("%s,%s,%.17g\n", table, statistic, value))
table_of <- function(name, counts) {
  for (count in as.vector(t(counts))) put(name, "input", count)
  test <- mcnemar.test(counts, correct = FALSE)
  put(name, "chi_square", test$statistic); put(name, "df", test$parameter); put(name, "p", test$p.value)
  higher <- sum(counts[upper.tri(counts)]); lower <- sum(counts[lower.tri(counts)])
  put(name, "higher", higher); put(name, "lower", lower); put(name, "p_sign", binom.test(higher, higher + lower)$p.value)
}
# Unaided distance vision of either eye, 7,477 women (Stuart, Biometrika 1953, 40, 105-110): balanced in size.
table_of("vision", matrix(c(1520, 266, 124, 66, 234, 1512, 432, 78, 117, 362, 1772, 205, 36, 82, 179, 492), 4, byrow = TRUE))
# 32 cars by thirds of two measures: three categories, unequal margins, a cell without anybody.
table_of("cars", unclass(table(cut(mtcars$mpg, 3), cut(mtcars$disp, 3))))
table_of("few", matrix(c(1, 0, 1, 1, 0, 1, 1, 0, 2), 3, byrow = TRUE))
table_of("two", matrix(c(10, 3, 9, 20), 2, byrow = TRUE))
