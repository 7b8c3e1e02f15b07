# What R says of a covariate of which some categories hold nobody who is known to be in them: a person whose region is not known
# is in each by its share of the roster, and lm() leaves out the column that is another one times a number.
#
#   Rscript tests/results/shared_terms_witness.R > tests/results/shared_terms_witness.csv
#
# From the repository's root. Output: R's version, then dataset,group,statistic,value with 17 digits. The people are those of
# tests/results/test_shared_terms.py: person i of n, counted from 0.

people <- function(n, every, known, shares, late) {
  i <- 0:(n - 1)
  unknown <- i %% every == 0
  d <- data.frame(arm = factor(c("a", "b", "c")[1 + (if (late) (i %/% 2) else i) %% 3]),
                  T1 = 3 + (7 * i) %% 12, T2 = 3 + (5 * i * i + 2 * i) %% 13)
  for (name in names(shares)) d[[name]] <- ifelse(unknown, shares[[name]], as.numeric(name == known))
  if (late) d <- d[i %% 7 != 3, ]
  d
}
third <- list(north = 0.5, south = 0.3, west = 0.2)
sets <- list(balanced = people(60, 5, "north", third, FALSE), unbalanced = people(80, 4, "south", third, TRUE),
             tiny = people(9, 4, "west", third, FALSE))
cat("#", R.version.string, "\n")
cat("dataset,group,statistic,value\n")
for (name in names(sets)) {
  d <- sets[[name]]
  fit <- lm(T2 - T1 ~ arm + T1 + south + west, data = d)
  rows <- summary(fit)$coefficients
  for (group in c("b", "c")) {
    row <- rows[paste0("arm", group), ]
    limits <- confint(fit)[paste0("arm", group), ]
    values <- c(difference = row[[1]], se = row[[2]], t = row[[3]], p = row[[4]], df = fit$df.residual,
                ci95_low = limits[[1]], ci95_high = limits[[2]])
    for (statistic in names(values)) cat(sprintf("%s,%s,%s,%.17g\n", name, group, statistic, values[[statistic]]))
  }
}
