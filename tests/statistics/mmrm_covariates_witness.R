# What R says of the mixed model for repeated measures with covariates, each with one slope in all waves and groups.
#
#   Rscript tests/statistics/mmrm_covariates_witness.R > tests/statistics/mmrm_covariates_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits; scale is
# the treatment of the baseline and the covariance's structure. Made-up people stand in the output (scale "data": scores, contrast
# the group, statistic row-column; scale "covariates" likewise); of HSAUR3's BtheB the moments of scores and, behind them, of
# covariates (drug, length of the illness; scale "moments", contrast group-waves).
# The restricted likelihood goes person by person as in mmrm_witness.R, whose functions are taken from there; beside it stand
# nlme's gls, emmeans' adjusted means by its own formula, and lmerTest and pbkrtest where compound symmetry is a random intercept.

suppressMessages({ library(nlme); library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(numDeriv) })
options(warn = -1)
versions <- sapply(c("nlme", "lme4", "lmerTest", "pbkrtest", "emmeans", "numDeriv", "HSAUR3"),
                   function(name) paste(name, as.character(packageVersion(name))))
cat("#", R.version.string, versions, "\n")
cat("dataset,scale,contrast,statistic,value\n")
for (step in parse("tests/statistics/mmrm_witness.R")) {
  is_definition <- is.call(step) && identical(step[[1]], as.name("<-")) && is.call(step[[3]])
  if (is_definition && (identical(step[[3]][[1]], as.name("function")) || identical(step[[2]], as.name("steps")))) eval(step)
}

# covariates: a matrix with a row a person.
witness <- function(dataset, y, group, covariates, baseline, structure) {
  scale <- paste(baseline, structure)
  here <- function(contrast, statistic, value) put(dataset, scale, contrast, statistic, value)
  k <- ncol(y); names <- colnames(covariates)
  long <- long_of(y, group, baseline)
  for (name in names) long[[name]] <- covariates[long$id, name]
  means <- sapply(names, function(name) mean(long[[name]][!duplicated(long$id)]))
  more <- sapply(names, function(name) long[[name]] - means[[name]])
  fit <- fit_by_person(long, baseline, structure, k, more)
  said <- inference(fit)
  here("", "log_likelihood", said$log_likelihood)
  here("", "people", fit$people); here("", "scores", nrow(long))
  l_of <- contrasts_of(long, fit, baseline, max(group), k)
  for (name in names) l_of[[paste0("covariate_", match(name, names))]] <- as.numeric(colnames(fit$x) == name)
  for (name in names(l_of)) {
    l <- l_of[[name]]
    here(name, "estimate", sum(l * said$b))
    variance <- as.numeric(l %*% said$spread %*% l); slope <- said$slope_of(l)
    for (kind in c("observed", "expected")) {
      here(name, paste0(kind, "_df"), as.numeric(2 * variance^2 / (slope %*% said$w[[kind]] %*% slope)))
      here(name, paste0(kind, "_satterthwaite_se"), sqrt(variance))
      here(name, paste0(kind, "_kenward_roger_se"), sqrt(as.numeric(l %*% said$adjusted[[kind]] %*% l)))
    }
  }
  with_gls(long, names, means, baseline, structure, l_of, here)
  if (structure == "compound_symmetry") with_random_intercept(long, more, fit, baseline, l_of, here)
}

# gls by cells for the contrasts, and emmeans of group by wave at the means of the covariates and of the baseline.
with_gls <- function(long, names, means, baseline, structure, l_of, here) {
  if (!structure %in% c("unstructured", "compound_symmetry")) return(invisible())
  long$position <- long$wave - min(long$wave) + 1
  long$wave <- factor(long$wave); long$group <- factor(long$group)
  long$centred <- long$base - mean(long$base[!duplicated(long$id)])
  for (name in names) long[[name]] <- long[[name]] - means[[name]]
  correlation <- if (structure == "unstructured") corSymm(form = ~ position | id) else corCompSymm(form = ~ position | id)
  weights <- if (structure == "unstructured") varIdent(form = ~ 1 | wave) else NULL
  control <- glsControl(tolerance = 1e-13, msTol = 1e-14, maxIter = 500, msMaxIter = 500)
  fitted <- function(formula) do.call(gls, list(formula, long, correlation = correlation, weights = weights, method = "REML",
                                                control = control))
  own <- fitted(reformulate(c("0", "cell", if (baseline == "covariate") "wave:centred", names), "y"))
  here("", "gls_log_likelihood", as.numeric(logLik(own)))
  order_of <- match(c(paste0("cell", levels(long$cell)),
                      if (baseline == "covariate") paste0("wave", levels(long$wave), ":centred"), names), names(coef(own)))
  for (name in names(l_of)) {
    l <- l_of[[name]]
    here(name, "gls_estimate", sum(l * coef(own)[order_of]))
    here(name, "gls_se", sqrt(as.numeric(l %*% vcov(own)[order_of, order_of] %*% l)))
  }
  if (baseline == "constrained") return(invisible())
  own <- fitted(reformulate(c("group * wave", if (baseline == "covariate") "centred * wave", names), "y"))
  at <- c(list(centred = 0)[baseline == "covariate"], setNames(as.list(rep(0, length(names))), names))
  adjusted <- as.data.frame(emmeans(own, ~ group * wave, at = at, mode = "df.error", data = long))
  for (row in seq_len(nrow(adjusted))) {
    name <- paste("mean", adjusted$group[row], adjusted$wave[row], sep = "_")
    here(name, "emmeans_estimate", adjusted$emmean[row]); here(name, "emmeans_se", adjusted$SE[row])
  }
}

with_random_intercept <- function(long, more, fit, baseline, l_of, here) {
  if (fit$sigma(fit$p)[1, 2] <= 0) return(invisible())
  long$centred <- long$base - fit$reference
  long$wave <- factor(long$wave)
  for (name in colnames(more)) long[[name]] <- more[, name]
  formula <- reformulate(c("0", "cell", if (baseline == "covariate") "wave:centred", colnames(more), "(1 | id)"), "y")
  own <- lmerTest::lmer(formula, long, REML = TRUE, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12)))
  here("", "lmer_log_likelihood", as.numeric(logLik(own)))
  adjusted <- vcovAdj(own)
  slopes <- if (baseline == "covariate") paste0("wave", levels(long$wave), ":centred")
  order_of <- match(names(fixef(own)), c(paste0("cell", levels(long$cell)), slopes, colnames(more)))
  for (name in names(l_of)) {
    l <- l_of[[name]][order_of]
    tested <- contest(own, l, joint = FALSE)
    here(name, "lmertest_estimate", tested$Estimate)
    here(name, "lmertest_se", tested$`Std. Error`); here(name, "lmertest_df", tested$df)
    here(name, "pbkrtest_se", sqrt(as.numeric(l %*% as.matrix(adjusted) %*% l)))
    here(name, "pbkrtest_df", Lb_ddf(l, vcov(own), adjusted))
  }
}

# Data sets -------------------------------------------------------------------------------------------------------------------
set.seed(41, kind = "Mersenne-Twister", normal.kind = "Inversion")
made <- function(sizes, means, sds) {
  people <- sum(sizes); group <- rep(seq_along(sizes), sizes)
  covariates <- cbind(age = sample(19:70, people, TRUE), north = rbinom(people, 1, 0.4), dose = round(rnorm(people, 2, 0.5), 3))
  person <- rnorm(people, 0.08 * covariates[, "age"] + 3 * covariates[, "north"], 3)
  noise <- sweep(matrix(rnorm(people * ncol(means)), people), 2, sds, "*")
  list(y = round(means[group, ] + person + noise, 1), group = group, covariates = covariates)
}
balanced <- made(c(16, 16), rbind(c(30, 28, 27), c(30, 26, 22)), c(2, 2.5, 3))
uneven <- made(c(14, 13, 12), rbind(c(50, 52, 51, 50), c(50, 54, 56, 57), c(48, 47, 49, 49)), c(2, 3, 3, 2))
uneven$y[cbind(c(1, 2, 2, 5, 15, 16, 17, 18, 20, 10, 28, 29, 30, 31, 31), c(2, 3, 2, 1, 3, 3, 2, 1, 3, 2, 4, 4, 4, 2, 3))] <- NA
uneven$y[c(3, 4, 21, 22, 36), 4] <- NA
tiny <- made(c(4, 4), rbind(c(10, 9), c(10, 7)), c(1, 1))
tiny$covariates <- tiny$covariates[, "age", drop = FALSE]
blues <- HSAUR3::BtheB
beat_the_blues <- list(y = unname(as.matrix(blues[, 4:8])), group = as.integer(blues$treatment),
                       covariates = cbind(drug = as.integer(blues$drug) - 1, long = as.integer(blues$length) - 1))

for (name in c("balanced", "uneven", "tiny")) {
  data <- get(name)
  for (part in c("y", "covariates")) for (i in seq_along(data$group)) for (j in seq_len(ncol(data[[part]]))) {
    put(name, if (part == "y") "data" else part, data$group[i], paste0(i, "-", j), data[[part]][i, j])
  }
}
with(beat_the_blues, for (g in 1:2) {
  waves <- apply(!is.na(y), 1, function(row) paste(which(row), collapse = " "))
  for (pattern in sort(unique(waves[group == g]))) {
    seen <- as.integer(strsplit(pattern, " ")[[1]])
    rows <- cbind(y[, seen, drop = FALSE], covariates)[group == g & waves == pattern, , drop = FALSE]
    deviations <- sweep(rows, 2, colMeans(rows))
    here <- function(statistic, value) put("beat_the_blues", "moments", paste(g, pattern, sep = "-"), statistic, value)
    here("n", nrow(rows))
    for (i in seq_len(ncol(rows))) here(paste0("mean-", i), mean(rows[, i]))
    for (i in seq_len(ncol(rows))) for (j in seq_len(ncol(rows))) {
      here(paste("products", i, j, sep = "-"), sum(deviations[, i] * deviations[, j]))
    }
  }
})

for (name in c("balanced", "uneven", "tiny", "beat_the_blues")) for (baseline in c("free", "constrained", "covariate")) {
  data <- get(name)
  structures <- c("unstructured", "compound_symmetry", if (name == "beat_the_blues") "heterogeneous_toeplitz")
  for (structure in structures) {
    if (name == "tiny" && baseline == "covariate") next
    with(data, witness(name, y, group, covariates, baseline, structure))
  }
}
