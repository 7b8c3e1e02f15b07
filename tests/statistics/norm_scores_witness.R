# What R says of people's scores against norms of people like them: T scores, percentiles.
#
#   Rscript tests/statistics/norm_scores_witness.R > tests/statistics/norm_scores_witness.csv
#
# From the repository's root. Output: the version, then dataset,scale,contrast,statistic,value with 17 digits. Three data sets:
# balanced (six strata of twenty people), unbalanced (strata of 1 to 40 people, some scores missing) and tiny (two people of one
# stratum). Of each, rows of people: contrast the person's number, statistics stratum and score; the norm of each stratum under
# its number. Means and intervals are t.test's of everybody's own T score, percentiles those of ecdf() in a made sample of norm
# people (statistics norm_score, frequency), their summary quantile() of type 7.

cat("#", R.version.string, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, contrast, statistic, value) {
  cat(sprintf("%s,made,%s,%s,%.17g\n", dataset, contrast, statistic, value))
}

set.seed(15)
say <- function(dataset, stratum, score) {
  strata <- seq_len(max(stratum))
  means <- round(runif(length(strata), 8, 14), 1)
  sds <- round(runif(length(strata), 2, 5), 2)
  for (i in strata) { put(dataset, i, "norm_mean", means[i]); put(dataset, i, "norm_sd", sds[i]) }
  for (i in seq_along(score)) {
    put(dataset, i, "stratum", stratum[i]); put(dataset, i, "score", score[i])
  }
  there <- !is.na(score)
  x <- score[there]; s <- stratum[there]
  t_scores <- 50 + 10 * (x - means[s]) / sds[s]
  test <- t.test(t_scores)
  put(dataset, "", "n", length(x)); put(dataset, "", "t_score", mean(t_scores)); put(dataset, "", "t_sd", sd(t_scores))
  put(dataset, "", "ci_low", test$conf.int[1]); put(dataset, "", "ci_high", test$conf.int[2])
  z <- t.test((x - means[s]) / sds[s])
  put(dataset, "", "z", z$estimate); put(dataset, "", "z_low", z$conf.int[1]); put(dataset, "", "z_high", z$conf.int[2])
  put(dataset, "", "at_least_60", sum(t_scores >= 60))
  norm_people <- pmin(27, pmax(0, round(rnorm(300, 11, 5))))
  frequency <- table(norm_people)
  for (i in names(frequency)) put(dataset, i, "frequency", frequency[[i]])
  at_or_below <- ecdf(norm_people)
  share <- 100 * at_or_below(x)
  below <- 100 * vapply(x, function(v) mean(norm_people < v), 0)
  known <- x %in% norm_people
  for (form in c("at_or_below", "below", "midpoint")) {
    p <- switch(form, at_or_below = share, below = below, midpoint = (share + below) / 2)[known]
    q <- quantile(p, c(.25, .5, .75), type = 7)
    put(dataset, form, "q1", q[1]); put(dataset, form, "median", q[2]); put(dataset, form, "q3", q[3])
    put(dataset, form, "n_known", length(p))
  }
}
say("balanced", rep(1:6, each = 20), sample(0:24, 120, replace = TRUE))
say("unbalanced", rep(1:5, times = c(1, 3, 10, 25, 40)), replace(sample(0:27, 79, replace = TRUE), sample(79, 15), NA))
say("tiny", c(1, 1), c(9, 12))
