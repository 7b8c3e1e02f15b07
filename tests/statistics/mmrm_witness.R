# What R says of the mixed model for repeated measures: balanced, with drop-out, one group, and few people with an empty cell.
#
#   Rscript tests/statistics/mmrm_witness.R > tests/statistics/mmrm_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits; scale is
# the treatment of the baseline and the covariance's structure. Made-up data stand in the output (scale "data", contrast the
# group, statistic row-column, NA where missing); of HSAUR3's BtheB the moments (scale "moments", contrast group-waves).
# The restricted likelihood goes person by person in variances and correlations, its derivatives are numerical ones (numDeriv);
# beside it stand nlme's gls where it has the structure, emmeans' adjusted means, and lmerTest and pbkrtest where compound
# symmetry is a random intercept.

suppressMessages({ library(nlme); library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(numDeriv) })
options(warn = -1)
versions <- sapply(c("nlme", "lme4", "lmerTest", "pbkrtest", "emmeans", "numDeriv", "HSAUR3"),
                   function(name) paste(name, as.character(packageVersion(name))))
cat("#", R.version.string, versions, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}

# Parameters are variances and covariances, or variances and correlations.
sigma_of <- function(structure, k) {
  lag <- abs(outer(seq_len(k), seq_len(k), "-"))
  is_same <- !startsWith(structure, "heterogeneous") && structure != "unstructured"
  scaled <- function(correlations) function(p) {
    variances <- if (is_same) rep(p[1], k) else p[seq_len(k)]
    rest <- p[-seq_len(if (is_same) 1 else k)]
    sqrt(outer(variances, variances)) * correlations(rest)
  }
  switch(sub("heterogeneous_", "", structure),
    unstructured = function(p) { m <- matrix(0, k, k); m[lower.tri(m, TRUE)] <- p; m + t(m) - diag(diag(m), k) },
    compound_symmetry = scaled(function(r) ifelse(lag == 0, 1, r[1])),
    ar1 = scaled(function(r) r[1]^lag),
    toeplitz = scaled(function(r) matrix(c(1, r)[lag + 1], k, k)))
}

start_of <- function(structure, k, variances) {
  if (structure == "unstructured") return(diag(variances, k)[lower.tri(diag(k), TRUE)])
  v <- if (startsWith(structure, "heterogeneous")) variances else mean(variances)
  c(v, rep(0.1, if (endsWith(structure, "toeplitz")) k - 1 else 1))
}

# Every person's rows times a matrix, for people with the same waves below one another.
turned <- function(rows, by) matrix(by %*% matrix(rows, nrow(by)), ncol = NCOL(rows))

# Rows of all people with a score; x: the columns of the means, and of the baseline's slopes.
long_of <- function(y, group, baseline) {
  k <- ncol(y)
  long <- data.frame(id = rep(seq_len(nrow(y)), k), group = rep(group, k), wave = rep(seq_len(k), each = nrow(y)), y = c(y),
                     base = rep(y[, 1], k))
  if (baseline == "covariate") long <- long[long$wave > 1 & !is.na(long$base), ]
  long <- long[!is.na(long$y), ]
  long <- long[order(long$id, long$wave), ]
  long$cell <- paste(ifelse(baseline == "constrained" & long$wave == 1, "all", long$group), long$wave, sep = "_")
  long$cell <- factor(long$cell, levels = unique(long$cell[order(long$group, long$wave)]))
  long
}

# more: columns of covariates, one row a score.
fit_by_person <- function(long, baseline, structure, k, more = NULL) {
  first <- if (baseline == "covariate") 2 else 1
  waves <- k - first + 1
  x <- model.matrix(~ 0 + cell, long)
  if (nlevels(long$cell) == 1) x <- matrix(1, nrow(long), 1)
  colnames(x) <- levels(long$cell)
  reference <- mean(long$base[!duplicated(long$id)])
  if (baseline == "covariate") {
    slopes <- sapply(first:k, function(j) (long$wave == j) * (long$base - reference))
    colnames(slopes) <- paste0("slope_", first:k)
    x <- cbind(x, slopes)
  }
  x <- cbind(x, more)
  sigma <- sigma_of(structure, waves)
  people <- lapply(split(seq_len(nrow(long)), long$id), function(rows)
    list(x = x[rows, , drop = FALSE], y = long$y[rows], at = long$wave[rows] - first + 1))
  keys <- sapply(people, function(person) paste(person$at, collapse = "-"))
  # Everybody with the same waves at once: their rows below one another, turned by the root of the inverse covariance.
  alike <- lapply(split(people, keys), function(same) list(x = do.call(rbind, lapply(same, `[[`, "x")),
    y = unlist(lapply(same, `[[`, "y")), at = same[[1]]$at, n = length(same)))
  parts <- function(p) {
    s <- sigma(p)
    if (any(!is.finite(s)) || min(eigen(s, TRUE, TRUE)$values) <= 0) return(NULL)
    roots <- lapply(alike, function(same) solve(t(chol(s[same$at, same$at, drop = FALSE]))))
    xs <- do.call(rbind, Map(function(same, root) turned(same$x, root), alike, roots))
    ys <- unlist(Map(function(same, root) turned(same$y, root), alike, roots))
    h <- crossprod(xs)
    b <- solve(h, crossprod(xs, ys))
    log_det <- -2 * sum(mapply(function(same, root) same$n * sum(log(diag(root))), alike, roots))
    list(h = h, b = as.numeric(b), inverse = lapply(roots, crossprod),
         deviance = (nrow(x) - ncol(x)) * log(2 * pi) + log_det + as.numeric(determinant(h)$modulus) + sum((ys - xs %*% b)^2))
  }
  deviance <- function(p) { at <- parts(p); if (is.null(at)) 1e10 else at$deviance }
  residual <- residuals(lm(long$y ~ 0 + x))
  p <- start_of(structure, waves, as.numeric(tapply(residual^2, long$wave, mean)))
  fit <- list(alike = alike, people = length(people), parts = parts, deviance = deviance, sigma = sigma, x = x,
              reference = reference)
  # Fisher scoring with numerical slopes, then Newton's method with a numerical Hessian.
  for (step in 1:300) {
    information <- expectation(fit, p)$hessian
    slope <- by_units(fit, p, information)$slope
    change <- solve(information, slope)
    if (sum(change * slope) < 1e-5) break
    while (deviance(p - change) > deviance(p)) change <- change / 2
    p <- p - change
  }
  for (step in 1:6) {
    at <- by_units(fit, p, expectation(fit, p)$hessian, TRUE)
    change <- solve(at$hessian, at$slope)
    p <- p - change
    if (sum(change * at$slope) < 1e-16) break
  }
  fit$p <- p
  fit
}

# Slope and Hessian of the deviance by numerical differences, in units in which the information is 1.
steps <- list(d = 0.4, r = 5)
by_units <- function(fit, p, information, with_hessian = FALSE) {
  root <- chol(information)
  f <- function(z) fit$deviance(p + backsolve(root, z - 1))
  ones <- rep(1, length(p))
  list(slope = as.numeric(crossprod(root, grad(f, ones, method.args = steps))),
       hessian = if (with_hessian) crossprod(root, hessian(f, ones, method.args = steps)) %*% root)
}

# The expected Hessian of the deviance, and what it is made of.
expectation <- function(fit, p) {
  at <- fit$parts(p)
  spread <- solve(at$h)
  k <- nrow(fit$sigma(p)); count <- length(p)
  by_parameter <- jacobian(function(p) c(fit$sigma(p)), p, method.args = list(d = 1e-3))
  d <- lapply(seq_len(count), function(i) matrix(by_parameter[, i], k, k))
  slopes <- rep(list(0 * spread), count)
  q <- matrix(list(0 * spread), count, count)
  hessian <- matrix(0, count, count)
  for (key in names(fit$alike)) {
    same <- fit$alike[[key]]; v <- at$inverse[[key]]
    for (i in seq_len(count)) {
      di <- d[[i]][same$at, same$at, drop = FALSE]
      slopes[[i]] <- slopes[[i]] - crossprod(same$x, turned(same$x, v %*% di %*% v))
      for (j in seq_len(count)) {
        both <- v %*% di %*% v %*% d[[j]][same$at, same$at, drop = FALSE]
        q[[i, j]] <- q[[i, j]] + crossprod(same$x, turned(same$x, both %*% v))
        hessian[i, j] <- hessian[i, j] + same$n * sum(diag(both))
      }
    }
  }
  for (i in seq_len(count)) for (j in seq_len(count)) {
    hessian[i, j] <- hessian[i, j] - 2 * sum(spread * q[[i, j]]) + sum(diag(spread %*% slopes[[i]] %*% spread %*% slopes[[j]]))
  }
  list(hessian = (hessian + t(hessian)) / 2, spread = spread, slopes = slopes, q = q, b = at$b, deviance = at$deviance)
}

# W as observed and as expected; C adjusted by each.
inference <- function(fit) {
  at <- expectation(fit, fit$p)
  spread <- at$spread; slopes <- at$slopes; q <- at$q; count <- length(fit$p)
  w <- list(observed = 2 * solve(by_units(fit, fit$p, at$hessian, TRUE)$hessian), expected = 2 * solve(at$hessian))
  adjusted <- lapply(w, function(w) {
    bias <- 0 * spread
    for (i in seq_len(count)) for (j in seq_len(count)) {
      bias <- bias + w[i, j] * (q[[i, j]] - slopes[[i]] %*% spread %*% slopes[[j]])
    }
    spread + 2 * spread %*% bias %*% spread
  })
  root <- chol(at$hessian)
  slope_of <- function(l) {
    variance <- function(z) as.numeric(l %*% solve(fit$parts(fit$p + backsolve(root, z - 1))$h, l))
    as.numeric(crossprod(root, grad(variance, rep(1, count), method.args = steps)))
  }
  list(b = at$b, spread = spread, w = w, adjusted = adjusted, slope_of = slope_of, log_likelihood = -0.5 * at$deviance)
}

contrasts_of <- function(long, fit, baseline, groups, k) {
  names <- colnames(fit$x)
  column <- function(g, j) {
    cell <- paste(if (baseline == "constrained" && j == 1) "all" else g, j, sep = "_")
    if (cell %in% names) as.numeric(names == cell) else NULL
  }
  found <- list()
  first <- if (baseline == "covariate") 2 else 1
  for (g in seq_len(groups)) for (j in first:k) found[[paste("mean", g, j, sep = "_")]] <- column(g, j)
  last <- k
  while (is.null(column(groups, last))) last <- last - 1
  if (groups > 1) for (j in max(first, if (baseline == "constrained") 2 else 1):last) {
    found[[paste0("difference_", j)]] <- column(groups, j) - column(1, j)
  }
  if (first == 1) found[["change"]] <- column(groups, last) - column(groups, 1)
  if (groups > 1 && baseline == "free") {
    found[["difference_of_changes"]] <- column(groups, last) - column(groups, 1) - column(1, last) + column(1, 1)
  }
  if (baseline == "covariate") for (j in first:k) found[[paste0("slope_", j)]] <- as.numeric(names == paste0("slope_", j))
  found
}

gls_of <- function(long, baseline, structure) {
  correlation <- switch(sub("heterogeneous_", "", structure), unstructured = corSymm(form = ~ position | id),
    compound_symmetry = corCompSymm(form = ~ position | id), ar1 = corAR1(form = ~ position | id))
  if (is.null(correlation)) return(NULL)
  long$position <- long$wave - min(long$wave) + 1
  long$wave <- factor(long$wave)
  long$centred <- long$base - mean(long$base[!duplicated(long$id)])
  weights <- if (structure %in% c("compound_symmetry", "ar1")) NULL else varIdent(form = ~ 1 | wave)
  formula <- if (baseline == "covariate") y ~ 0 + cell + wave:centred else y ~ 0 + cell
  control <- glsControl(tolerance = 1e-13, msTol = 1e-14, maxIter = 500, msMaxIter = 500)
  tryCatch(do.call(gls, list(formula, long, correlation = correlation, weights = weights, method = "REML", control = control)),
           error = function(problem) NULL)
}

witness <- function(dataset, y, group, baseline, structure) {
  scale <- paste(baseline, structure)
  here <- function(contrast, statistic, value) put(dataset, scale, contrast, statistic, value)
  k <- ncol(y)
  long <- long_of(y, group, baseline)
  fit <- fit_by_person(long, baseline, structure, k)
  said <- inference(fit)
  here("", "log_likelihood", said$log_likelihood)
  s <- fit$sigma(fit$p)
  for (i in seq_len(nrow(s))) for (j in seq_len(i)) here("", paste("covariance", j, i, sep = "_"), s[j, i])
  here("", "people", fit$people); here("", "scores", nrow(long))
  if (baseline == "covariate") here("", "reference", fit$reference)
  l_of <- contrasts_of(long, fit, baseline, max(group), k)
  for (name in names(l_of)) {
    l <- l_of[[name]]
    value <- sum(l * said$b)
    variance <- as.numeric(l %*% said$spread %*% l)
    slope <- said$slope_of(l)
    here(name, "estimate", value)
    for (kind in c("observed", "expected")) {
      df <- as.numeric(2 * variance^2 / (slope %*% said$w[[kind]] %*% slope))
      for (method in c("satterthwaite", "kenward_roger")) {
        se <- sqrt(if (method == "satterthwaite") variance else as.numeric(l %*% said$adjusted[[kind]] %*% l))
        here(name, paste(kind, method, "se", sep = "_"), se); here(name, paste(kind, method, "df", sep = "_"), df)
        if (kind == "observed" && structure == "unstructured") {
          for (item in list(c("p", 2 * pt(-abs(value / se), df)), c("ci_low", value - qt(0.975, df) * se),
                            c("ci_high", value + qt(0.975, df) * se))) {
            here(name, paste(kind, method, item[1], sep = "_"), as.numeric(item[2]))
          }
        }
      }
    }
  }
  own <- gls_of(long, baseline, structure)
  if (!is.null(own)) {
    here("", "gls_log_likelihood", as.numeric(logLik(own)))
    for (name in names(l_of)) {
      if (structure != "unstructured" && startsWith(name, "mean")) next
      l <- l_of[[name]]
      here(name, "gls_estimate", sum(l * coef(own))); here(name, "gls_se", sqrt(as.numeric(l %*% vcov(own) %*% l)))
    }
  }
  if (structure == "compound_symmetry") random_intercept(long, baseline, fit, l_of, here)
  if (baseline == "covariate" && structure == "unstructured" && max(group) > 1) adjusted_means(long, here)
}

# emmeans with its own formula: group by wave and a slope of the baseline on each wave, given at the mean of the people.
adjusted_means <- function(long, here) {
  long$position <- long$wave - 1
  long$wave <- factor(long$wave); long$group <- factor(long$group)
  control <- glsControl(tolerance = 1e-13, msTol = 1e-14, maxIter = 500, msMaxIter = 500)
  own <- gls(y ~ group * wave + base * wave, long, correlation = corSymm(form = ~ position | id),
             weights = varIdent(form = ~ 1 | wave), method = "REML", control = control)
  means <- as.data.frame(emmeans(own, ~ group * wave, at = list(base = mean(long$base[!duplicated(long$id)])), mode = "df.error",
                                 data = long))
  for (row in seq_len(nrow(means))) {
    name <- paste("mean", means$group[row], means$wave[row], sep = "_")
    here(name, "emmeans_estimate", means$emmean[row]); here(name, "emmeans_se", means$SE[row])
  }
}

random_intercept <- function(long, baseline, fit, l_of, here) {
  if (fit$sigma(fit$p)[1, 2] <= 0) return(invisible())
  long$centred <- long$base - fit$reference
  long$wave <- factor(long$wave)
  formula <- if (baseline == "covariate") y ~ 0 + cell + wave:centred + (1 | id) else y ~ 0 + cell + (1 | id)
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12))
  own <- lmerTest::lmer(formula, long, REML = TRUE, control = control)
  here("", "lmer_log_likelihood", as.numeric(logLik(own)))
  adjusted <- vcovAdj(own)
  for (name in names(l_of)) {
    l <- l_of[[name]]
    tested <- contest(own, l, joint = FALSE)
    here(name, "lmertest_se", tested$`Std. Error`); here(name, "lmertest_df", tested$df)
    here(name, "pbkrtest_se", sqrt(as.numeric(l %*% as.matrix(adjusted) %*% l))); here(name, "pbkrtest_df", Lb_ddf(l, vcov(own), adjusted))
  }
}

# Data sets -------------------------------------------------------------------------------------------------------------------
normal_scores <- function(seed, sizes, means, loadings, sds) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion")
  people <- sum(sizes); k <- ncol(means)
  person <- rnorm(people); drift <- t(apply(matrix(rnorm(people * k), people), 1, cumsum))
  group <- rep(seq_along(sizes), sizes)
  list(y = round(means[group, , drop = FALSE] + outer(person, loadings) + sweep(drift, 2, sds, "*"), 1), group = group)
}
balanced <- normal_scores(20, c(18, 18), rbind(c(30, 28, 27, 27), c(30, 26, 23, 20)), c(5, 5, 6, 7), c(3, 2, 2, 2))
uneven <- normal_scores(21, c(9, 8, 6), rbind(c(50, 52, 51), c(50, 54, 56), c(48, 47, 49)), c(4, 5, 5), c(4, 3, 3))
uneven$y[cbind(c(1, 2, 2, 5, 11, 12, 13, 14, 16, 10), c(2, 3, 2, 1, 3, 3, 2, 1, 3, 2))] <- NA
uneven$y[uneven$group == 3, 3] <- NA
single <- normal_scores(22, 20, rbind(c(10, 12, 11, 14)), c(2, 2, 3, 3), c(2, 1, 1, 1))
single$y[cbind(c(1, 2, 2, 3, 3, 3, 7, 9, 12, 15, 16, 16), c(4, 3, 4, 2, 3, 4, 2, 3, 1, 4, 3, 4))] <- NA
beat_the_blues <- list(y = unname(as.matrix(HSAUR3::BtheB[, 4:8])), group = as.integer(HSAUR3::BtheB$treatment))

for (name in c("balanced", "uneven", "single")) {
  data <- get(name)
  for (i in seq_len(nrow(data$y))) for (j in seq_len(ncol(data$y))) put(name, "data", data$group[i], paste0(i, "-", j), data$y[i, j])
}
with(beat_the_blues, for (g in 1:2) {
  waves <- apply(!is.na(y), 1, function(row) paste(which(row), collapse = " "))
  for (pattern in sort(unique(waves[group == g]))) {
    seen <- as.integer(strsplit(pattern, " ")[[1]])
    rows <- y[group == g & waves == pattern, seen, drop = FALSE]
    deviations <- sweep(rows, 2, colMeans(rows))
    here <- function(statistic, value) put("beat_the_blues", "moments", paste(g, pattern, sep = "-"), statistic, value)
    here("n", nrow(rows))
    for (i in seq_along(seen)) here(paste0("mean-", i), mean(rows[, i]))
    for (i in seq_along(seen)) for (j in seq_along(seen)) here(paste("products", i, j, sep = "-"), sum(deviations[, i] * deviations[, j]))
  }
})

structures <- c("unstructured", "compound_symmetry", "heterogeneous_compound_symmetry", "ar1", "heterogeneous_ar1", "toeplitz",
                "heterogeneous_toeplitz")
for (structure in structures) for (baseline in c("free", "constrained", "covariate")) {
  if (baseline == "constrained" && !structure %in% c("unstructured", "compound_symmetry", "heterogeneous_ar1")) next
  witness("beat_the_blues", beat_the_blues$y, beat_the_blues$group, baseline, structure)
  if (baseline == "free" || structure == "unstructured") witness("balanced", balanced$y, balanced$group, baseline, structure)
  if (structure %in% c("unstructured", "heterogeneous_ar1") && baseline != "covariate") {
    witness("uneven", uneven$y, uneven$group, baseline, structure)
  }
  if (structure %in% c("unstructured", "heterogeneous_toeplitz") && baseline != "constrained") {
    witness("single", single$y, single$group, baseline, structure)
  }
}
