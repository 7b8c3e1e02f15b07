# What R says of differences between groups within categories, and of the differences of these: lm and anova.
#
#   Rscript tests/statistics/interaction_witness.R > tests/statistics/interaction_witness.csv
#
# From the repository's root. Output: versions, then dataset,scale,contrast,statistic,value with 17 digits: per data set the moments
# of each cell (contrast group-category from 0; n, mean_i, product_i_j with i = 0 the outcome) and what R says of each cell: the
# difference from the first group within the category (within_...), and this less that of the first category (between_...).
# Data sets: "balanced" (two groups, two categories, the same baseline), "dropout" (three and three, two covariates), "tiny"
# (one residual degree of freedom), HSAUR3's BtheB with its drop-out, "none" (no covariate) and "gap" (a cell without people,
# whose coefficient lm leaves out).

suppressMessages(library(HSAUR3))
options(warn = -1)
cat("#", R.version.string, "HSAUR3", as.character(packageVersion("HSAUR3")), "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}
interaction_of <- function(dataset, scale, group, category, y, x) {
  here <- function(contrast, statistic, value) put(dataset, scale, contrast, statistic, value)
  frame <- data.frame(group = factor(group), category = factor(category), y = y, x)
  frame <- frame[complete.cases(frame), ]
  names <- setdiff(colnames(frame), c("group", "category", "y"))
  for (g in seq_along(levels(frame$group))) for (k in seq_along(levels(frame$category))) {
    z <- as.matrix(frame[frame$group == levels(frame$group)[g] & frame$category == levels(frame$category)[k], c("y", names), drop = FALSE])
    at <- paste(g - 1, k - 1, sep = "-")
    here(at, "n", nrow(z))
    products <- crossprod(sweep(z, 2, colMeans(z)))
    for (i in seq_len(ncol(z))) {
      here(at, paste0("mean_", i - 1), if (nrow(z)) mean(z[, i]) else NA)
      for (j in seq_len(ncol(z))) here(at, paste("product", i - 1, j - 1, sep = "_"), if (nrow(z)) products[i, j] else 0)
    }
  }
  for (name in names) frame[[name]] <- frame[[name]] - mean(frame[[name]])
  model <- lm(reformulate(c("group * category", names), "y"), frame)
  here("", "df", model$df.residual)
  say <- function(model, row, at, prefix) {
    table <- summary(model)$coefficients
    if (!row %in% rownames(table)) return(invisible())
    for (k in 1:4) here(at, paste0(prefix, c("difference", "se", "t", "p")[k]), table[row, k])
    for (level in c(0.95, 0.99)) {
      limits <- confint(model, row, level = level)
      here(at, paste0(prefix, "low_", level), limits[1]); here(at, paste0(prefix, "high_", level), limits[2])
    }
  }
  for (k in seq_along(levels(frame$category))) {
    turned <- frame
    turned$category <- relevel(frame$category, levels(frame$category)[k])
    within <- lm(reformulate(c("group * category", names), "y"), turned)
    for (g in seq_along(levels(frame$group))[-1]) {
      at <- paste(g - 1, k - 1, sep = "-")
      has_cells <- all(table(frame$group, frame$category)[c(1, g), k] > 0)
      if (has_cells) say(within, paste0("group", levels(frame$group)[g]), at, "within_")
      if (k > 1) say(model, paste0("group", levels(frame$group)[g], ":category", levels(frame$category)[k]), at, "between_")
    }
  }
  test <- anova(lm(reformulate(c("group", "category", names), "y"), frame), model)
  here("", "f", test$F[2]); here("", "f_df1", test$Df[2]); here("", "f_df2", test$Res.Df[2]); here("", "f_p", test$`Pr(>F)`[2])
}

set.seed(41)
pre <- round(rnorm(20, 50, 10))
interaction_of("balanced", "two", rep(c("a", "b"), each = 20), rep(c("f", "m"), 20), c(pre + rnorm(20, -3, 6), pre + rnorm(20, 2, 6)),
               data.frame(pre = c(pre, pre)))
n <- 80
made <- data.frame(group = sample(letters[1:3], n, TRUE), category = sample(c("n", "s", "w"), n, TRUE), pre = rnorm(n, 30, 5), age = round(rnorm(n, 40, 12)))
made$y <- 0.6 * made$pre + 0.1 * made$age + (made$group == "b") * (made$category == "s") * 3 + rnorm(n, 0, 2)
made$y[runif(n) < 0.2] <- NA; made$age[runif(n) < 0.1] <- NA
interaction_of("dropout", "three", made$group, made$category, made$y, made[c("pre", "age")])
interaction_of("none", "three", made$group, made$category, made$y, data.frame(row.names = seq_len(n)))
interaction_of("tiny", "one_df", c("a", "a", "a", "b", "b", "b"), c("f", "f", "m", "f", "m", "m"), c(3, 5, 4, 9, 7, 8), data.frame(pre = c(2, 5, 3, 4, 6, 1)))
for (wave in c("bdi.2m", "bdi.8m")) {
  interaction_of("BtheB", wave, BtheB$treatment, BtheB$drug, BtheB[[wave]], data.frame(pre = BtheB$bdi.pre))
}
gap <- made[!(made$group == "c" & made$category == "w"), ]
interaction_of("gap", "three", gap$group, gap$category, gap$y, gap["pre"])
