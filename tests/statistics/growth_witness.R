# What R says of linear growth with random intercepts and slopes: balanced, with drop-out and groups, days as people answered,
# fits at the edge (singular), two people, covariates of people that move their level, or level and slope.
#
#   Rscript tests/statistics/growth_witness.R > tests/statistics/growth_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits. The data
# stand in it as what the model takes of them (scale "sums", contrast group-person: n, t, tt, y, ty, yy, the sums over a person's
# scores); scale "fit" has the model, its levels those at time 2.5.
# Covariates (x1, x2 of "sums") are centred at the mean of the people, where intercepts and levels are given; covariate_1 is what
# one more does to the level, covariate_slope_1 to the slope. kr_se and kr_df are those of pbkrtest.
# lme4's optimiser stops before its last digits: where the fit is no singular one, its own profiled deviance is brought to
# its minimum by Newton's method with numerical derivatives (numDeriv), and lmerTest reads degrees of freedom from that fit.

suppressMessages({ library(nlme); library(lme4); library(lmerTest); library(numDeriv); library(pbkrtest) })
options(warn = -1)
versions <- sapply(c("nlme", "lme4", "lmerTest", "numDeriv", "HSAUR3", "pbkrtest"),
                   function(name) paste(name, as.character(packageVersion(name))))
cat("#", R.version.string, versions, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}

checks <- list(check.conv.singular = "ignore", check.conv.grad = "ignore", check.conv.hess = "ignore", check.nobs.vs.nRE = "ignore",
               check.nobs.vs.rankZ = "ignore", check.scaleX = "ignore", calc.derivs = FALSE)
control <- do.call(lmerControl, c(list(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5)), checks))
as_it_stands <- do.call(lmerControl, c(list(optimizer = NULL), checks))

# covariates: a column each, a row a score, or NULL.
growth <- function(dataset, person, group, time, score, covariates = NULL, with_slopes = FALSE) {
  long <- data.frame(person = as.integer(factor(person)), group = factor(group), time = time, y = score)
  names <- if (is.null(covariates)) character() else paste0("x", seq_len(ncol(covariates)))
  for (name in names) long[[name]] <- covariates[, match(name, names)]
  long <- long[!is.na(long$y), ]
  for (one in unique(long$person)) {
    rows <- long[long$person == one, ]
    name <- paste(as.integer(rows$group[1]), one, sep = "-")
    sums <- c(n = nrow(rows), t = sum(rows$time), tt = sum(rows$time^2), y = sum(rows$y), ty = sum(rows$time * rows$y),
              yy = sum(rows$y^2), unlist(rows[1, names, drop = FALSE]))
    for (statistic in names(sums)) put(dataset, "sums", name, statistic, sums[[statistic]])
  }
  for (name in names) long[[name]] <- long[[name]] - mean(long[[name]][!duplicated(long$person)])
  k <- nlevels(long$group)
  formula <- if (k > 1) y ~ time * group + (time | person) else y ~ time + (time | person)
  for (name in names) formula <- update(formula, as.formula(paste(". ~ . +", if (with_slopes) paste0(name, " * time") else name)))
  parts <- lFormula(formula, long, REML = TRUE, control = control)
  deviance <- do.call(mkLmerDevfun, parts)
  starts <- list(c(1, 0, 1), c(0.3, 0.1, 0.2), c(3, -0.5, 0.5), c(0.5, 0, 0.01))
  fits <- lapply(starts, function(start) optimizeLmer(deviance, optimizer = "bobyqa", start = start, control = control$optCtrl))
  best <- fits[[which.min(sapply(fits, function(fit) fit$fval))]]
  theta <- best$par
  is_singular <- min(abs(theta[c(1, 3)])) < 1e-4
  if (!is_singular) {
    for (step in 1:6) {
      move <- solve(hessian(deviance, theta), grad(deviance, theta))
      theta <- theta - as.numeric(move)
    }
  } else if (theta[1] > 1e-4) {
    # Along the edge: the third entry is 0.
    edge <- function(p) deviance(c(p, 0))
    p <- theta[1:2]
    for (step in 1:6) p <- p - as.numeric(solve(hessian(edge, p), grad(edge, p)))
    theta <- c(p, 0)
  } else {
    theta <- c(0, 0, 0)
  }
  model <- lmerTest::lmer(formula, long, REML = TRUE, start = list(theta = theta), control = as_it_stands)
  G <- as.matrix(VarCorr(model)$person)
  here <- function(contrast, statistic, value) put(dataset, "fit", contrast, statistic, value)
  here("", "sd_intercept", sqrt(G[1, 1])); here("", "sd_slope", sqrt(G[2, 2]))
  here("", "correlation", G[1, 2] / sqrt(G[1, 1] * G[2, 2])); here("", "sd_residual", sigma(model))
  here("", "log_restricted_likelihood", as.numeric(logLik(model))); here("", "is_singular", as.numeric(is_singular))
  X <- getME(model, "X")
  columns <- colnames(X)
  adjusted <- vcovAdj(model)
  ask <- function(name, L) {
    row <- contest1D(model, L, confint = TRUE)
    values <- c(estimate = row$Estimate, se = row$`Std. Error`, df = row$df, t = row$`t value`, p = row$`Pr(>|t|)`,
                ci_low = row$lower, ci_high = row$upper,
                kr_se = sqrt(as.numeric(L %*% as.matrix(adjusted) %*% L)), kr_df = Lb_ddf(L, vcov(model), adjusted))
    for (statistic in names(values)) here(name, statistic, values[[statistic]])
  }
  unit <- function(name) as.numeric(columns == name)
  for (g in seq_len(k)) {
    of_group <- if (g > 1) unit(paste0("group", levels(long$group)[g])) else 0
    of_slope <- if (g > 1) unit(paste0("time:group", levels(long$group)[g])) else 0
    ask(paste0("intercept_", g), unit("(Intercept)") + of_group)
    ask(paste0("slope_", g), unit("time") + of_slope)
    ask(paste0("level_", g), unit("(Intercept)") + of_group + 2.5 * (unit("time") + of_slope))
    if (g > 1) ask(paste0("difference_", g), of_slope)
  }
  for (name in names) {
    ask(sub("x", "covariate_", name), unit(name))
    if (with_slopes) ask(sub("x", "covariate_slope_", name), unit(paste0("time:", name)))
  }
}

growth("sleepstudy", sleepstudy$Subject, 1, sleepstudy$Days, sleepstudy$Reaction)
growth("orthodont", Orthodont$Subject, Orthodont$Sex, Orthodont$age, Orthodont$distance)
# As orthodont, and whoever lies high is lost from 12 years on.
dropped <- as.data.frame(Orthodont)
dropped <- dropped[!(dropped$age > 11 & dropped$Subject %in% dropped$Subject[dropped$age == 10 & dropped$distance > 24.5]), ]
growth("orthodont_drop_out", dropped$Subject, dropped$Sex, dropped$age - 8, dropped$distance)
BtheB <- get(data("BtheB", package = "HSAUR3"))
waves <- c(bdi.pre = 0, bdi.2m = 2, bdi.3m = 3, bdi.5m = 5, bdi.8m = 8)
growth("btheb", rep(seq_len(nrow(BtheB)), 5), rep(as.character(factor(BtheB$treatment, labels = c("1", "2"))), 5),
       rep(waves, each = nrow(BtheB)), unlist(BtheB[names(waves)]))
growth("body_weight", as.character(BodyWeight$Rat), BodyWeight$Diet, BodyWeight$Time, BodyWeight$weight)
growth("chick_weight", as.character(ChickWeight$Chick), ChickWeight$Diet, ChickWeight$Time, ChickWeight$weight)

made <- function(seed, people, waves, intercept_sd, slope_sd, error_sd, keep = 0.85, spread = 6, groups = 2, decimals = 1) {
  set.seed(seed)
  person <- rep(seq_len(people), each = length(waves))
  time <- pmax(0, rep(waves, people) + ifelse(rep(waves, people) > 0, round(rnorm(length(person), 0, spread)), 0))
  y <- 20 - 0.01 * time + rnorm(people, 0, intercept_sd)[person] + rnorm(people, 0, slope_sd)[person] * time +
    rnorm(length(person), 0, error_sd)
  y[runif(length(person)) > keep] <- NA
  list(person = person, group = 1 + person %% groups, time = time, score = round(y, decimals))
}
of <- function(name, data) growth(name, data$person, data$group, data$time, data$score)
of("days", made(1, 40, c(0, 90, 180, 365), 5, 0.02, 3))
of("years", within(made(2, 60, c(0, 90, 180, 365), 5, 0.02, 3), time <- time / 365.25))
of("slopes_alike", made(22, 24, c(0, 90, 180), 5, 0, 4))
of("people_alike", made(5, 24, c(0, 90, 180), 0, 0, 4))
of("edge", made(10, 24, c(0, 90, 180), 0, 0, 4))
of("two_people", made(8, 2, c(0, 90, 180, 270, 360), 5, 0.05, 2, keep = 1, groups = 1))
of("five_people", made(9, 5, c(0, 90, 180, 270), 5, 0.05, 2, keep = 0.9))
of("far_from_zero", within(made(10, 30, c(0, 90, 180, 365), 5, 0.02, 3), score <- score + 10000))

depression <- cbind(BtheB$length == ">6m", BtheB$drug == "Yes") * 1
growth("btheb_covariates", rep(seq_len(nrow(BtheB)), 5), rep(as.character(factor(BtheB$treatment, labels = c("1", "2"))), 5),
       rep(waves, each = nrow(BtheB)), unlist(BtheB[names(waves)]), depression[rep(seq_len(nrow(BtheB)), 5), ])
with_covariates <- function(name, data, with_slopes) {
  people <- length(unique(data$person))
  x <- cbind(round(rnorm(people, 40, 12)), rbinom(people, 1, 0.4))
  x <- x[match(data$person, unique(data$person)), ]
  data$score <- data$score + round(0.1 * x[, 1] + 2 * x[, 2] - 0.01 * x[, 2] * data$time, 1)
  growth(name, data$person, data$group, data$time, data$score, x, with_slopes)
}
with_covariates("planned_covariates", made(31, 30, c(0, 90, 180, 365), 5, 0.02, 3, keep = 1, spread = 0), TRUE)
with_covariates("days_covariates", made(32, 40, c(0, 90, 180, 365), 5, 0.02, 3, keep = 0.7), TRUE)
with_covariates("edge_covariates", made(10, 24, c(0, 90, 180), 0, 0, 4), FALSE)
with_covariates("six_people", made(33, 6, c(0, 90, 180, 270), 5, 0.05, 2, keep = 0.95, groups = 1), FALSE)
