# What R says of signs of careless answers: the longest run of identical answers, and the SD of a person's answers.
#
#   Rscript tests/statistics/careless_witness.R > tests/statistics/careless_witness.csv
#
# From the repository's root. Output: the version, then sheet,answers,n_answers,longest_run,sd with 17 digits. Forty made
# sheets of ten items from 1 to 5; answers without a break, a hyphen for an item without one. rle() breaks a run at NA.

cat("#", R.version.string, "\n")
cat("sheet,answers,n_answers,longest_run,sd\n")
set.seed(42)
for (sheet in 1:40) {
  x <- sample(1:5, 10, replace = TRUE)
  if (sheet %% 5 == 0) x <- rep(x[1], 10)
  if (sheet %% 5 == 1) { from <- sample(1:6, 1); x[from:(from + 4)] <- x[from] }
  if (sheet %% 3 == 0) x[sample(10, sample(1:4, 1))] <- NA
  runs <- rle(x)
  longest <- max(runs$lengths[!is.na(runs$values)])
  text <- paste(ifelse(is.na(x), "-", x), collapse = "")
  cat(sprintf("%d,%s,%d,%d,%.17g\n", sheet, text, sum(!is.na(x)), longest, sd(x, na.rm = TRUE)))
}
