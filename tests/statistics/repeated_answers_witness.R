# What R says of yes or no, and of ordered answers, over all waves and groups: balanced, with drop-out, few people, a variance of 0.
#
#   Rscript tests/statistics/repeated_answers_witness.R > tests/statistics/repeated_answers_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits, NA where
# missing; scale is the treatment of the first wave, contrast the term. Made-up data stand in the output (scale "data", contrast the
# group, statistic row-wave). Yes or no: lme4's glmer with 100 nodes, taken on from where its optimiser stops by Newton's method on its
# own deviance (numDeriv). Ordered answers: ordinal's clmm with 25 nodes (statistic "clmm"), and, taken on from there, the likelihood
# by 60 nodes of Gauss and Hermite at each person's mode, written here, since clmm stops before its maximum. Shares of the
# population are integrals by stats::integrate, their standard errors by numerical gradients. Where everybody of a group gave the
# lowest answer in a wave, or the highest, R has the model without these answers, which is the limit.

suppressMessages({ library(lme4); library(ordinal); library(numDeriv) })
options(warn = -1)
versions <- sapply(c("lme4", "ordinal", "numDeriv"), function(name) paste(name, as.character(packageVersion(name))))
cat("#", R.version.string, versions, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, model, term, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, model, term, statistic, value))
}

hermite <- function(nodes) {
  beside <- sqrt(seq_len(nodes - 1) / 2)
  m <- matrix(0, nodes, nodes)
  m[cbind(1:(nodes - 1), 2:nodes)] <- m[cbind(2:nodes, 1:(nodes - 1))] <- beside
  e <- eigen(m, symmetric = TRUE)
  list(x = e$values, w = sqrt(pi) * e$vectors[1, ]^2)
}

# Rows of all answers; cell: the group and wave that have an effect, the first of them first.
long_of <- function(y, group, baseline) {
  long <- data.frame(id = rep(seq_len(nrow(y)), ncol(y)), group = rep(group, ncol(y)), wave = rep(seq_len(ncol(y)), each = nrow(y)), y = c(y))
  long <- long[!is.na(long$y), ]
  long$cell <- paste(ifelse(baseline == "constrained" & long$wave == 1, 1, long$group), long$wave, sep = "-")
  # Where everybody gave the lowest or the highest answer that is left, again and again.
  repeat {
    range <- range(long$y)
    ends <- tapply(long$y, long$cell, function(x) all(x == range[1]) || all(x == range[2]))
    if (!any(ends)) break
    long <- long[!ends[long$cell], ]
  }
  cells <- unique(long[order(long$wave, long$group), "cell"])
  long$cell <- factor(long$cell, levels = cells)
  long
}

# The maximum of minus log likelihood f from p, and the covariance.
polished <- function(f, p) {
  for (i in 1:4) p <- p - solve(hessian(f, p), grad(f, p))
  list(p = p, covariance = solve(hessian(f, p)), log_likelihood = -f(p))
}

logits_of <- function(long) {
  fit <- glmer(y ~ cell + (1 | id), long, binomial, nAGQ = 100, control = glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13))
  f <- update(fit, devFunOnly = TRUE)
  p <- c(getME(fit, "theta"), fixef(fit))
  if (p[1] < 1e-3) {
    without <- glm(y ~ cell, binomial, long, control = glm.control(1e-15))
    return(list(p = c(-coef(without)[1], coef(without)[-1], 0), log_likelihood = as.numeric(logLik(without)),
                covariance = rbind(cbind(vcov(without), 0), 0) * outer(c(-1, rep(1, length(p) - 1)), c(-1, rep(1, length(p) - 1)))))
  }
  # lme4 leaves constants out of the deviance: the log likelihood is its own.
  best <- polished(function(p) f(p) / 2, p)
  turn <- c(3:length(p), 1)
  sign <- c(-1, rep(1, length(p) - 1))
  order <- c(2, turn)
  list(p = sign * best$p[order], covariance = best$covariance[order, order] * outer(sign, sign), log_likelihood = as.numeric(logLik(fit)))
}

# Minus the log likelihood of ordered answers, p: thresholds, effects, SD. start: where each person's mode is looked for.
cumulative_of <- function(long, start, nodes = 60) {
  categories <- max(long$y) - min(long$y)
  y <- long$y - min(long$y)
  cell <- as.integer(long$cell)
  person <- match(long$id, unique(long$id))
  rule <- hermite(nodes)
  # u: of each person, or of each person and node.
  joint <- function(p, u) {
    thresholds <- c(-Inf, p[seq_len(categories)], Inf)
    eta <- c(0, p[categories + seq_len(nlevels(long$cell) - 1)])[cell] + p[length(p)] * u[person, , drop = FALSE]
    rowsum(log(plogis(thresholds[y + 2] - eta) - plogis(thresholds[y + 1] - eta)), person) + dnorm(u, log = TRUE)
  }
  steps <- seq(-6, 6, 0.05)
  at <- joint(start, matrix(steps, max(person), length(steps), byrow = TRUE))
  mode <- matrix(steps[max.col(at)], ncol = 1)
  bend <- -(joint(start, mode + 1e-3) - 2 * joint(start, mode) + joint(start, mode - 1e-3)) / 1e-6
  scale <- c(sqrt(2 / bend))
  u <- c(mode) + outer(scale, rule$x)
  function(p) -sum(log(scale * (exp(joint(p, u)) %*% (rule$w * exp(rule$x^2)))))
}

ordered_of <- function(dataset, model, long) {
  fit <- clmm(factor(y) ~ cell + (1 | id), long, Hess = TRUE, nAGQ = 25, control = clmm.control(gradTol = 1e-8))
  p <- c(fit$alpha, fit$beta, as.numeric(fit$ST[[1]]))
  for (i in seq_along(p)) put(dataset, model, i, "clmm", p[i])
  put(dataset, model, "", "clmm_log_likelihood", as.numeric(logLik(fit)))
  polished(cumulative_of(long, p), p)
}

# The population's share of each category in a cell, 1 being the first.
shares_of <- function(p, categories, cell) {
  effect <- if (cell == 1) 0 else p[categories - 1 + cell - 1]
  below <- sapply(p[seq_len(categories - 1)], function(threshold) {
    integrate(function(z) plogis(threshold - effect - p[length(p)] * z) * dnorm(z), -Inf, Inf, rel.tol = 1e-11)$value
  })
  diff(c(0, below, 1))
}

witness <- function(dataset, y, group, baseline) {
  long <- long_of(y, group, baseline)
  categories <- max(long$y) - min(long$y) + 1
  best <- if (categories == 2) { long$y <- long$y - min(long$y); logits_of(long) } else ordered_of(dataset, baseline, long)
  cells <- levels(long$cell)
  names <- c(paste0("threshold_", seq_len(categories - 1)), paste0("effect_", cells[-1]), "sd")
  for (i in seq_along(names)) {
    put(dataset, baseline, names[i], "estimate", best$p[i])
    if (best$p[length(names)] > 0 || names[i] != "sd") put(dataset, baseline, names[i], "se", sqrt(best$covariance[i, i]))
  }
  put(dataset, baseline, "", "log_likelihood", best$log_likelihood)
  free <- if (best$p[length(names)] > 0) seq_along(names) else seq_len(length(names) - 1)
  error <- function(f) {
    g <- jacobian(function(q) { p <- best$p; p[free] <- q; f(p) }, best$p[free])
    sqrt(diag(g %*% best$covariance[free, free] %*% t(g)))
  }
  for (cell in seq_along(cells)) {
    of <- function(p) shares_of(p, categories, cell)
    values <- of(best$p); ses <- error(of)
    for (k in seq_len(categories)) {
      put(dataset, baseline, paste0("share_", cells[cell], "_", k), "estimate", values[k])
      put(dataset, baseline, paste0("share_", cells[cell], "_", k), "se", ses[k])
    }
    parts <- strsplit(cells[cell], "-")[[1]]
    reference <- match(paste0("1-", parts[2]), cells)
    if (parts[1] == "1" || is.na(reference)) next
    gap <- function(p) shares_of(p, categories, cell) - shares_of(p, categories, reference)
    values <- gap(best$p); ses <- error(gap)
    for (k in seq_len(categories)) {
      put(dataset, baseline, paste0("difference_", cells[cell], "_", k), "estimate", values[k])
      put(dataset, baseline, paste0("difference_", cells[cell], "_", k), "se", ses[k])
    }
    odds <- numeric(length(names))
    odds[categories - 1 + cell - 1] <- 1
    if (reference > 1) odds[categories - 1 + reference - 1] <- -1
    estimate <- sum(odds * best$p); se <- sqrt(c(odds %*% best$covariance %*% odds))
    put(dataset, baseline, paste0("log_odds_", cells[cell]), "estimate", estimate)
    put(dataset, baseline, paste0("log_odds_", cells[cell]), "se", se)
    put(dataset, baseline, paste0("log_odds_", cells[cell]), "p", 2 * pnorm(-abs(estimate / se)))
  }
}

# Answers of people whose levels differ by sd, with thresholds, and who stay away after a wave with the chance that their last
# answer gives.
made <- function(seed, sizes, effects, sd, thresholds, leaving = 0) {
  set.seed(seed)
  group <- rep(seq_along(sizes), sizes)
  eta <- effects[group, , drop = FALSE] + rnorm(length(group), 0, sd)
  y <- matrix(findInterval(c(eta + rlogis(length(eta))), thresholds), nrow(eta))
  for (i in seq_len(nrow(y))) for (wave in seq_len(ncol(y) - 1)) {
    if (runif(1) < leaving * (1 + 0.5 * y[i, wave]) / (1 + wave)) { y[i, (wave + 1):ncol(y)] <- NA; break }
  }
  list(y = y, group = group)
}

show <- function(dataset, data, baselines) {
  for (i in seq_len(nrow(data$y))) for (wave in seq_len(ncol(data$y))) {
    put(dataset, "data", data$group[i], paste(i, wave, sep = "-"), data$y[i, wave])
  }
  for (baseline in baselines) witness(dataset, data$y, data$group, baseline)
}

show("balanced", made(1, c(45, 45), rbind(c(0, 0.2, 0.3), c(0, 0.8, 1.1)), 1.6, 0), c("constrained", "free"))
show("leaving", made(2, c(40, 25, 33), rbind(c(-1, -0.5, 0, 0), c(-1, 0.2, 0.6, 0.8), c(-0.6, 0, 0, 0.4)), 2.5, 0, 0.3), c("constrained", "free"))
show("ordered", made(3, c(40, 50), rbind(c(0, 0.3, 0.3, 0.4), c(0, 0.9, 1.2, 1.0)), 1.7, c(-1.2, 0.1, 1.5), 0.15), c("constrained", "free"))
show("edge", made(7, c(15, 15), rbind(c(0, 0.2, 0.3), c(0, 1, 1)), 0, 0), "free")
few <- made(11, c(9, 8), rbind(c(0, 0.2, 0.4), c(0, 1, 1.5)), 1.5, 0)
few$y[few$group == 2, 3] <- 1
few$y[3, 2] <- few$y[12, 1] <- NA
show("few", few, "constrained")
