# What R says of groups compared after imputation within groups: reference-based distributions, pooling, and the whole, person
# by person. Minutes.
#
#   Rscript tests/statistics/sensitivity_witness.R > tests/statistics/sensitivity_witness.csv
#
# From the repository's root. Output: a comment with versions, then dataset,scale,contrast,statistic,value with 17 digits.
#
# "conditional": means and covariances of four waves of a group and the reference (scale "inputs"), then for people with scores
# in some waves the mean and covariance of the others under each method, by regressing in two steps: the waves before the last
# score on those that are there, in the group; the waves after it on the completed ones, in the reference group.
# "needed": data sets by fraction of missing information, pilot and coefficient of variation (von Hippel 2020).
# "pooled": completed data sets of three groups as their moments (scale "moments", contrast group-data set), t.test and lm in
# each, mice's pool.scalar of these, and the jackknife over data sets.
# Whole data sets: data augmentation within each group (Schafer 1997, ch. 5.4, Jeffreys' prior), completed person by person;
# of the kept data sets mean and variance of the difference of change (q, b), mean and variance of its variance (u, var_u),
# variance of its squared distance from the mean (var_b), and how many independent data sets there are (ess). Contrast: the
# method and welch or ancova. Made-up data stand in the output (scale "data"); of BtheB and fdd the moments of the patterns.

suppressMessages({ library(mice); library(HSAUR3) })
versions <- sapply(c("mice", "HSAUR3"), function(name) paste(name, as.character(packageVersion(name))))
cat("#", R.version.string, versions, "\n")
cat("dataset,scale,contrast,statistic,value\n")
put <- function(dataset, scale, contrast, statistic, value) {
  cat(sprintf("%s,%s,%s,%s,%.17g\n", dataset, scale, contrast, statistic, value))
}
put_all <- function(dataset, scale, contrast, name, values) {
  values <- as.matrix(values)
  for (i in seq_len(nrow(values))) for (j in seq_len(ncol(values))) {
    put(dataset, scale, contrast, sprintf("%s-%d-%d", name, i, j), values[i, j])
  }
}

# The mean and covariance of the waves in h given scores y in the waves in o.
given <- function(mu, S, y, o, h) {
  B <- S[h, o, drop = FALSE] %*% solve(S[o, o])
  list(mean = mu[h] + drop(B %*% (y - mu[o])), covariance = S[h, h, drop = FALSE] - B %*% S[o, h, drop = FALSE])
}
# All waves of a person of a group, with scores y in the waves o: mean and covariance.
completed <- function(method, mu, S, ref_mu, ref_S, y, o) {
  k <- length(mu); last <- if (method == "missing_at_random") k else max(o)
  early <- seq_len(last); late <- setdiff(seq_len(k), early); gap <- setdiff(early, o)
  mean <- numeric(k); V <- matrix(0, k, k); mean[o] <- y
  if (length(gap)) { step <- given(mu, S, y, o, gap); mean[gap] <- step$mean; V[gap, gap] <- step$covariance }
  if (length(late)) {
    B <- ref_S[late, early, drop = FALSE] %*% solve(ref_S[early, early])
    C <- ref_S[late, late] - B %*% ref_S[early, late, drop = FALSE]
    centre <- ref_mu[late] + if (method == "copy_increments") mu[last] - ref_mu[last] else 0
    mean[late] <- centre + drop(B %*% (mean[early] - mu[early]))
    V[late, early] <- B %*% V[early, early]; V[early, late] <- t(V[late, early])
    V[late, late] <- C + B %*% V[early, early] %*% t(B)
  }
  list(mean = mean, covariance = V)
}

methods <- c("missing_at_random", "jump_to_reference", "copy_increments")
mu <- c(24, 19, 15, 14); ref_mu <- c(25, 24, 22, 23)
S <- matrix(c(36, 25, 20, 18, 25, 49, 33, 30, 20, 33, 52, 38, 18, 30, 38, 60), 4)
ref_S <- matrix(c(30, 22, 21, 17, 22, 40, 28, 27, 21, 28, 45, 35, 17, 27, 35, 48), 4)
put_all("conditional", "inputs", "group", "mean", t(mu)); put_all("conditional", "inputs", "group", "covariance", S)
put_all("conditional", "inputs", "reference", "mean", t(ref_mu))
put_all("conditional", "inputs", "reference", "covariance", ref_S)
for (o in list(1, 1:2, 1:3, c(1, 3), c(2, 3), 3, c(1, 2, 4), 4)) for (method in methods) {
  y <- c(31, 22, 12, 17)[o]; h <- setdiff(1:4, o); part <- completed(method, mu, S, ref_mu, ref_S, y, o)
  label <- paste(o, collapse = " ")
  put_all("conditional", method, label, "scores", t(y))
  put_all("conditional", method, label, "mean", t(part$mean[h]))
  put_all("conditional", method, label, "covariance", part$covariance[h, h, drop = FALSE])
}

# How many data sets standard errors with a coefficient of variation need, by fraction of missing information and pilot.
for (fmi in c(0.05, 0.3, 0.39, 0.8)) for (pilot in c(5, 50)) for (cv in c(0.05, 0.01)) {
  upper <- plogis(qlogis(fmi) + qnorm(0.975) * sqrt(2 / pilot))
  put("needed", sprintf("%g", fmi), sprintf("%g", pilot), sprintf("%g", cv), ceiling(1 + (upper / cv)^2 / 2))
}

# Estimates of a completed data set; change is baseline - follow-up.
welch <- function(change, group) {
  test <- t.test(change[group == 2], change[group == 1])
  c(test$estimate[[1]] - test$estimate[[2]], test$stderr^2, test$parameter[[1]])
}
ancova <- function(change, base, group) {
  model <- lm(change ~ factor(group) + base)
  c(coef(model)[[2]], vcov(model)[2, 2], model$df.residual)
}
set.seed(4); m <- 12; sizes <- c(20, 13, 9); group <- rep(1:3, sizes)
base <- round(rnorm(sum(sizes), 20, 5), 1); later <- base - c(1, 4, 3)[group] + rnorm(sum(sizes), 0, c(3, 5, 4)[group])
is_gap <- runif(sum(sizes)) < 0.3
found <- list(welch = NULL, ancova = NULL)
for (i in seq_len(m)) {
  y <- round(ifelse(is_gap, later + rnorm(sum(sizes), 0, 4), later), 2)
  for (g in 1:3) {
    pair <- cbind(base, y)[group == g, ]; centred <- sweep(pair, 2, colMeans(pair))
    put("pooled", "moments", sprintf("%d-%d", g, i), "n", sizes[g])
    put_all("pooled", "moments", sprintf("%d-%d", g, i), "mean", t(colMeans(pair)))
    put_all("pooled", "moments", sprintf("%d-%d", g, i), "products", crossprod(centred))
  }
  found$welch <- rbind(found$welch, welch(base - y, group)); found$ancova <- rbind(found$ancova, ancova(base - y, base, group))
}
for (name in names(found)) {
  q <- found[[name]][, 1]; u <- found[[name]][, 2]; v <- mean(found[[name]][, 3])
  both <- function(rows) {
    pooled <- pool.scalar(q[rows], u[rows], n = v + 1, k = 1)
    c(pooled$qbar, pooled$t, pooled$df, pooled$fmi, 2 * pt(-abs(pooled$qbar) / sqrt(pooled$t), pooled$df))
  }
  whole <- both(seq_len(m)); halves <- sapply(seq_len(m), function(i) both(-i))
  error <- function(row) sqrt((m - 1) / m * sum((halves[row, ] - mean(halves[row, ]))^2))
  for (row in list(list("estimate", whole[1]), list("variance", whole[2]), list("df", whole[3]), list("fmi", whole[4]),
                   list("p", whole[5]), list("error", error(1)), list("p_error", error(5)))) {
    put("pooled", name, "2", row[[1]], row[[2]])
  }
}

# Draws of mean and covariance of one group's waves, m of them.
chain <- function(x, m, thin, burn) {
  x <- x[rowSums(!is.na(x)) > 0, , drop = FALSE]; n <- nrow(x); k <- ncol(x); y <- x
  key <- apply(is.na(x), 1, paste, collapse = "")
  parts <- lapply(split(seq_len(n), key), function(r) list(r = r, o = which(!is.na(x[r[1], ])), h = which(is.na(x[r[1], ]))))
  for (j in seq_len(k)) { gap <- is.na(y[, j]); y[gap, j] <- sample(x[!is.na(x[, j]), j], sum(gap), TRUE) }
  kept <- vector("list", m)
  for (step in seq_len(burn + m * thin)) {
    centre <- colMeans(y); P <- crossprod(sweep(y, 2, centre))
    S <- solve(rWishart(1, n - 1, solve(P))[, , 1]); mu <- centre + drop(crossprod(chol(S / n), rnorm(k)))
    for (g in parts) if (length(g$h)) {
      B <- S[g$h, g$o, drop = FALSE] %*% solve(S[g$o, g$o, drop = FALSE])
      C <- S[g$h, g$h, drop = FALSE] - B %*% S[g$o, g$h, drop = FALSE]
      y[g$r, g$h] <- rep(mu[g$h], each = length(g$r)) + sweep(y[g$r, g$o, drop = FALSE], 2, mu[g$o]) %*% t(B) +
        matrix(rnorm(length(g$r) * length(g$h)), length(g$r)) %*% chol((C + t(C)) / 2)
    }
    if (step > burn && (step - burn) %% thin == 0) kept[[(step - burn) / thin]] <- list(mu = mu, S = S)
  }
  list(x = x, kept = kept)
}
independent <- function(q) {
  a <- acf(q, lag.max = 30, plot = FALSE)$acf[-1]; end <- which(a < 0.05)[1]
  length(q) / (1 + 2 * sum(a[seq_len((if (is.na(end)) 31 else end) - 1)]))
}
# The same by formula: lm and t.test would take an hour.
fast <- function(change, base, group) {
  n <- tabulate(group); d <- tapply(change, group, mean); b <- tapply(base, group, mean)
  cc <- change - d[group]; bb <- base - b[group]; v <- tapply(cc^2, group, sum) / (n - 1)
  slope <- sum(bb * cc) / sum(bb^2); s2 <- (sum(cc^2) - slope * sum(bb * cc)) / (length(group) - length(n) - 1)
  list(welch = c(d[2] - d[1], v[1] / n[1] + v[2] / n[2]),
       ancova = c(d[2] - d[1] - slope * (b[2] - b[1]), s2 * (1 / n[1] + 1 / n[2] + (b[2] - b[1])^2 / sum(bb^2))))
}
whole <- function(dataset, y, group, delta, m = 3000, thin = 5, burn = 300) {
  y <- as.matrix(y); k <- ncol(y); chains <- lapply(sort(unique(group)), function(g) chain(y[group == g, ], m, thin, burn))
  scores <- do.call(rbind, lapply(chains, function(c) c$x)); member <- rep(seq_along(chains), sapply(chains, function(c) nrow(c$x)))
  results <- list()
  for (i in seq_len(m)) {
    ref <- chains[[1]]$kept[[i]]
    for (method in methods) {
      full <- scores
      for (g in seq_along(chains)) {
        own <- chains[[g]]$kept[[i]]
        for (r in which(member == g & rowSums(is.na(scores)) > 0)) {
          o <- which(!is.na(scores[r, ])); h <- setdiff(seq_len(k), o)
          part <- completed(if (g == 1) methods[1] else method, own$mu, own$S, ref$mu, ref$S, scores[r, o], o)
          V <- part$covariance[h, h, drop = FALSE]
          full[r, h] <- part$mean[h] + drop(crossprod(chol((V + t(V)) / 2), rnorm(length(h))))
        }
      }
      estimates <- fast(full[, 1] - full[, k], full[, 1], member)
      for (name in names(estimates)) results[[paste(method, name)]] <- rbind(results[[paste(method, name)]], estimates[[name]])
      if (method == "missing_at_random") {
        moved <- full[, k] + delta * (is.na(scores[, k]) & member > 1)
        estimates <- fast(full[, 1] - moved, full[, 1], member)
        for (name in names(estimates)) results[[paste("delta", name)]] <- rbind(results[[paste("delta", name)]], estimates[[name]])
      }
    }
  }
  put(dataset, "delta", "", "delta", delta)
  for (name in names(results)) {
    q <- results[[name]][, 1]; u <- results[[name]][, 2]
    for (row in list(list("q", mean(q)), list("b", var(q)), list("u", mean(u)), list("var_u", var(u)),
                     list("var_b", var((q - mean(q))^2)), list("ess", independent(q)))) {
      put(dataset, "whole", name, row[[1]], row[[2]])
    }
  }
}
patterns <- function(dataset, y, group) {
  for (g in sort(unique(group))) {
    x <- as.matrix(y[group == g, ]); x <- x[rowSums(!is.na(x)) > 0, ]
    for (key in unique(apply(!is.na(x), 1, function(row) paste(which(row), collapse = " ")))) {
      waves <- as.integer(strsplit(key, " ")[[1]])
      rows <- x[apply(!is.na(x), 1, function(row) paste(which(row), collapse = " ")) == key, waves, drop = FALSE]
      label <- sprintf("%d-%s", g, key)
      put(dataset, "patterns", label, "n", nrow(rows)); put_all(dataset, "patterns", label, "mean", t(colMeans(rows)))
      put_all(dataset, "patterns", label, "products", crossprod(sweep(rows, 2, colMeans(rows))))
    }
  }
}
made <- function(sizes, fall, drop, k, seed) {
  set.seed(seed); group <- rep(seq_along(sizes), sizes); n <- sum(sizes)
  y <- rnorm(n, 20, 5) + outer(-fall[group], seq_len(k) - 1) + matrix(rnorm(n * k, 0, 3), n)
  y <- round(y, 1)
  for (j in 2:k) y[runif(n) < drop[group] & !is.na(y[, j - 1]), j:k] <- NA
  y[runif(n) < 0.1, 2] <- NA
  list(y = y, group = group)
}
balanced <- made(c(24, 24, 24), c(0.3, 1.4, 1), rep(0.12, 3), 3, 8)
tiny <- made(c(9, 7), c(0, 2), c(0.15, 0.2), 3, 21)
patterns("balanced", balanced$y, balanced$group); whole("balanced", balanced$y, balanced$group, 2)
patterns("tiny", tiny$y, tiny$group); whole("tiny", tiny$y, tiny$group, 2)
beat <- BtheB[, c("bdi.pre", "bdi.2m", "bdi.3m", "bdi.5m", "bdi.8m")]; arm <- ifelse(BtheB$treatment == "BtheB", 2, 1)
patterns("BtheB", beat, arm); whole("BtheB", beat, arm, 4)
props <- fdd[, c("prop1", "prop2", "prop3")]; therapy <- ifelse(fdd$trt == "E", 2, 1)
patterns("fdd", props, therapy); whole("fdd", props, therapy, 5)
