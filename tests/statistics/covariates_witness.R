# What R says of differences of change adjusted for the score at baseline and covariates: lm and its F test of equal slopes.
#
#   Rscript tests/statistics/covariates_witness.R > tests/statistics/covariates_witness.csv
#
# From the repository's root. Output: versions, then dataset,scale,contrast,statistic,value with 17 digits: per data set the people
# (contrast the person, statistic arm, region, age, dose, T1 and T2; arms and regions as whole numbers from 1, the reference
# first; NA: not known), the covariates in their order, then what R says of each arm against the first (contrast the arm from 1). The outcome is the score at
# T2, so that differences are those of change, T2 minus T1. Data sets: "balanced" (the same people's baseline, age and region in
# each of two arms), "dropout" (three arms, scores and covariates missing at random), "tiny" (one residual degree of freedom),
# "sizes" (a covariate of 1e-7, another of 1e6, and one that is nearly the baseline), "unfilled" (nobody left in a region, in the
# second the reference), and two of which lm leaves out a coefficient, as we refuse: "collinear" (region and arm are the same) and
# "constant" (all of one age).

options(warn = -1)
cat("#", R.version.string, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%s\n", dataset, scale, contrast, statistic, ifelse(is.na(value), "NA", sprintf("%.17g", value))))
}
adjusted <- function(dataset, scale, people, covariates) {
  here <- function(contrast, statistic, value) put(dataset, scale, contrast, statistic, value)
  for (i in seq_len(nrow(people))) for (name in names(people)) here(i, name, people[i, name])
  for (name in covariates) here(name, "covariate", match(name, covariates))
  frame <- people[complete.cases(people[, c("arm", "T1", "T2", covariates)]), ]
  here("", "n", nrow(frame))
  frame$arm <- factor(frame$arm); frame$region <- droplevels(factor(frame$region))
  # Numbers from their means and in their SDs: lm's own arithmetic is better so, and no difference between arms changes.
  for (name in setdiff(c("T1", covariates), "region")) if (sd(frame[[name]]) > 0) frame[[name]] <- as.numeric(scale(frame[[name]]))
  model <- lm(reformulate(c("arm", "T1", covariates), "T2"), frame)
  here("", "aliased", as.numeric(anyNA(coef(model))))
  if (anyNA(coef(model))) return(invisible())
  here("", "df", model$df.residual)
  table <- summary(model)$coefficients
  for (arm in levels(frame$arm)[-1]) {
    row <- paste0("arm", arm)
    for (k in 1:4) here(arm, c("difference", "se", "t", "p")[k], table[row, k])
    limits <- confint(model, row)
    here(arm, "ci95_low", limits[1]); here(arm, "ci95_high", limits[2])
  }
  test <- anova(model, lm(reformulate(c("arm", "T1", covariates, "arm:T1"), "T2"), frame))
  if (!is.na(test$F[2]) && test$Res.Df[2] > 0) here("", "p_slopes", test$`Pr(>F)`[2])
}
made <- function(n, arms) {
  people <- data.frame(arm = rep(seq_len(arms), length.out = n), region = sample(3, n, TRUE), age = sample(19:70, n, TRUE))
  people$dose <- rnorm(n, 2, 0.5)
  people$T1 <- round(rnorm(n, 10 + 0.05 * people$age, 3))
  people$T2 <- round(0.6 * people$T1 + 0.04 * people$age + people$region - people$arm + people$dose + rnorm(n, 0, 2), 1)
  people
}

set.seed(31)
half <- made(24, 1); other <- half
other$arm <- 2; other$T2 <- round(other$T2 - 2 + rnorm(24, 0, 2), 1)
for (covariates in list(c("age", "region"), "age", "region")) {
  adjusted("balanced", paste(covariates, collapse = "_"), rbind(half, other), covariates)
}
people <- made(90, 3)
for (name in c("T1", "T2", "age", "region", "dose")) people[[name]][runif(90) < 0.12] <- NA
people$T2[people$arm == 3 & runif(90) < 0.3] <- NA
for (covariates in list(c("age", "region"), c("region", "age", "dose"), "dose")) {
  adjusted("dropout", paste(covariates, collapse = "_"), people, covariates)
}
tiny <- data.frame(arm = c(1, 1, 1, 2, 2, 2), region = c(1, 2, 2, 1, 1, 2), age = c(30, 41, 22, 38, 60, 25), dose = 1:6,
                   T1 = c(3, 5, 4, 6, 2, 4), T2 = c(4, 4, 6, 3, 1, 7))
adjusted("tiny", "one_df", tiny, c("age", "region"))
adjusted("tiny", "two_df", tiny, "region")
sizes <- made(60, 2)
sizes$dose <- sizes$T1 + 0.01 * rnorm(60); sizes$age <- 2e-7 + 1e-7 * rnorm(60)
adjusted("sizes", "small_and_close", sizes, c("age", "dose"))
sizes$dose <- 1e6 + 1e5 * rnorm(60)
adjusted("sizes", "small_and_large", sizes, c("age", "dose", "region"))
unfilled <- made(40, 2)
unfilled$region[unfilled$region == 2] <- 3
adjusted("unfilled", "middle", unfilled, c("region", "age"))
unfilled <- made(40, 2)
unfilled$region[unfilled$region == 1] <- 3
adjusted("unfilled", "reference", unfilled, c("region", "age"))
collinear <- made(30, 3)
collinear$region <- collinear$arm
adjusted("collinear", "region_is_arm", collinear, c("age", "region"))
collinear$dose <- 3 - 2 * collinear$age
adjusted("collinear", "dose_is_age", collinear, c("age", "dose"))
collinear$age <- 44
adjusted("constant", "age", collinear, "age")
