# What R says of adjusted means by group: emmeans of an analysis of covariance, of change and of the score at follow-up.
#
#   Rscript tests/statistics/adjusted_means_witness.R > tests/statistics/adjusted_means_witness.csv
#
# From the repository's root. Output: versions, then dataset,scale,contrast,statistic,value with 17 digits. Three data sets of
# people in arms a, b, c (1 to 3): balanced (twenty each), unbalanced (5, 17 and 40, with scores and ages missing) and tiny (two
# arms of three people). Of each person (contrast the number, scale people) arm, T1, T2, age and region (1 to 3); of each arm
# (contrast its number, scale baseline or covariates) the mean with SE and limits at the means of all people, where emmeans has
# cov.keep, since without it both values of an indicator weigh alike.

suppressMessages(library(emmeans))
cat("#", R.version.string, "emmeans", as.character(packageVersion("emmeans")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}
say <- function(dataset, people, covariates) {
  for (i in seq_len(nrow(people))) for (name in names(people)) put(dataset, "people", i, name, people[i, name])
  people$arm <- factor(people$arm)
  people$south <- as.numeric(people$region == 2); people$west <- as.numeric(people$region == 3)
  for (kind in c("baseline", if (covariates) "covariates")) {
    terms <- c("T1", if (kind == "covariates") c("age", "south", "west"))
    frame <- people[complete.cases(people[c("arm", "T1", "T2", if (kind == "covariates") "age")]), ]
    frame$change <- frame$T2 - frame$T1
    for (outcome in c("change", "T2")) {
      model <- lm(reformulate(c("arm", terms), outcome), frame)
      means <- summary(emmeans(model, "arm", cov.keep = character(0)))
      for (k in seq_len(nrow(means))) {
        here <- function(statistic, value) put(dataset, kind, k, paste(outcome, statistic, sep = "_"), value)
        here("mean", means$emmean[k]); here("se", means$SE[k]); here("low", means$lower.CL[k]); here("high", means$upper.CL[k])
      }
    }
  }
}
set.seed(8)
made <- function(sizes) {
  arm <- rep(seq_along(sizes), times = sizes); n <- length(arm)
  t1 <- sample(3:15, n, replace = TRUE)
  data.frame(arm = arm, T1 = t1, T2 = pmax(3, pmin(15, t1 - arm + sample(-3:3, n, replace = TRUE))),
             age = sample(19:70, n, replace = TRUE), region = sample(1:3, n, replace = TRUE))
}
say("balanced", made(c(20, 20, 20)), TRUE)
people <- made(c(5, 17, 40))
people$T2[sample(nrow(people), 12)] <- NA; people$T1[sample(nrow(people), 3)] <- NA; people$age[sample(nrow(people), 6)] <- NA
say("unbalanced", people, TRUE)
say("tiny", made(c(3, 3)), FALSE)
