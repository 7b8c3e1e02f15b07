# What R says of the analysis of covariance: lm, emmeans and the F test of equal slopes.
#
#   Rscript tests/statistics/ancova_witness.R > tests/statistics/ancova_witness.csv
#
# From the repository's root. Output: versions, then dataset,scale,contrast,statistic,value with 17 digits: per data set the
# moments of each group (contrast group index; n, mean_i, product_i_j with i = 0 the outcome) and what R says. Adjusted means:
# emmeans at the means of all people, with cov.keep, since without it emmeans weighs both values of a dummy alike. Data sets:
# "balanced" (the same baseline in both groups), "made" (four groups, two covariates and a dummy, one group of one person),
# HSAUR3's BtheB with its drop-out, "tiny" (one residual degree of freedom) and "shifted" (covariates of very different sizes).

suppressMessages({library(HSAUR3); library(emmeans)})
options(warn = -1)
cat("#", R.version.string, "emmeans", as.character(packageVersion("emmeans")), "HSAUR3", as.character(packageVersion("HSAUR3")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}
ancova <- function(dataset, scale, group, y, x) {
  here <- function(contrast, statistic, value) put(dataset, scale, contrast, statistic, value)
  frame <- data.frame(group = factor(group), y = y, x)
  frame <- frame[complete.cases(frame), ]
  names <- setdiff(colnames(frame), c("group", "y"))
  for (g in seq_along(levels(frame$group))) {
    z <- as.matrix(frame[frame$group == levels(frame$group)[g], c("y", names)])
    here(g - 1, "n", nrow(z))
    products <- crossprod(sweep(z, 2, colMeans(z)))
    for (i in seq_len(ncol(z))) {
      here(g - 1, paste0("mean_", i - 1), mean(z[, i]))
      for (j in seq_len(ncol(z))) here(g - 1, paste("product", i - 1, j - 1, sep = "_"), products[i, j])
    }
  }
  # Covariates from their means: lm's own arithmetic is better so, and neither slopes nor adjusted means change.
  for (name in names) frame[[name]] <- frame[[name]] - mean(frame[[name]])
  model <- lm(reformulate(c("group", names), "y"), frame)
  here("", "df", model$df.residual); here("", "residual_sd", summary(model)$sigma)
  for (name in names) here(name, "slope", coef(model)[[name]])
  table <- summary(model)$coefficients
  adjusted <- lapply(c(0.95, 0.99), function(level) summary(emmeans(model, "group", level = level, cov.keep = character(0))))
  for (g in seq_along(levels(frame$group))) {
    at <- g - 1
    if (g > 1) {
      row <- paste0("group", levels(frame$group)[g])
      for (k in 1:4) here(at, c("difference", "se", "t", "p")[k], table[row, k])
      for (level in c(0.95, 0.99)) {
        limits <- confint(model, row, level = level)
        here(at, paste0("low_", level), limits[1]); here(at, paste0("high_", level), limits[2])
      }
    }
    here(at, "adjusted_mean", adjusted[[1]]$emmean[g]); here(at, "adjusted_se", adjusted[[1]]$SE[g])
    for (k in 1:2) {
      here(at, paste0("adjusted_low_", c(0.95, 0.99)[k]), adjusted[[k]]$lower.CL[g])
      here(at, paste0("adjusted_high_", c(0.95, 0.99)[k]), adjusted[[k]]$upper.CL[g])
    }
  }
  if (length(names)) {
    larger <- lm(reformulate(c("group", names, paste0("group:", names[1])), "y"), frame)
    test <- anova(model, larger)
    if (!is.na(test$F[2]) && test$Res.Df[2] > 0) {
      here("", "slopes_f", test$F[2]); here("", "slopes_df1", test$Df[2]); here("", "slopes_df2", test$Res.Df[2])
      here("", "slopes_p", test$`Pr(>F)`[2])
    }
  }
}

set.seed(20)
pre <- round(rnorm(20, 50, 10))
for (kind in c("change", "follow_up")) {
  post <- pre + rnorm(20, 2, 6)
  ancova("balanced", kind, rep(c("a", "b"), each = 20), c(pre * (kind == "follow_up") + rnorm(20, -3, 6), post), data.frame(pre = c(pre, pre)))
}
treatment <- BtheB$treatment
for (wave in c("bdi.2m", "bdi.3m", "bdi.5m", "bdi.8m")) {
  ancova("BtheB", paste0(wave, "_pre"), treatment, BtheB[[wave]], data.frame(pre = BtheB$bdi.pre))
  ancova("BtheB", paste0(wave, "_all"), treatment, BtheB[[wave]],
         data.frame(pre = BtheB$bdi.pre, drug = as.numeric(BtheB$drug == "Yes"), long = as.numeric(BtheB$length == ">6m")))
  ancova("BtheB", paste0(wave, "_none"), treatment, BtheB[[wave]], data.frame(row.names = seq_len(100)))
}
arm <- interaction(BtheB$treatment, BtheB$drug)
ancova("BtheB", "four_groups", arm, BtheB$bdi.3m, data.frame(pre = BtheB$bdi.pre, long = as.numeric(BtheB$length == ">6m")))
group <- c(rep("a", 12), rep("b", 9), "c", rep("d", 2))
pre <- rnorm(24, 30, 5); age <- round(rnorm(24, 40, 12)); woman <- rbinom(24, 1, 0.6)
ancova("made", "uneven", group, 0.6 * pre + 0.1 * age + rnorm(24), data.frame(pre, age, woman))
ancova("shifted", "sizes", group, 1e4 + 0.6 * pre + rnorm(24), data.frame(pre = pre / 1e3, income = 1e5 + 1e4 * rnorm(24), age))
ancova("tiny", "one_df", c("a", "a", "b", "b"), c(3, 5, 4, 9), data.frame(pre = c(2, 5, 3, 4)))
ancova("tiny", "one_person", c("a", "a", "a", "b"), c(3, 5, 4, 9), data.frame(pre = c(2, 5, 3, 4)))
ancova("tiny", "flat_in_one", c("a", "a", "a", "b", "b", "b"), c(3, 5, 4, 9, 7, 8), data.frame(pre = c(2, 5, 3, 4, 4, 4)))
