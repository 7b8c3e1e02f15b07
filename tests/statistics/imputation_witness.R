# What R says of imputation under a multivariate normal distribution: data augmentation person by person, Jeffreys' prior
# (Schafer, Analysis of Incomplete Multivariate Data, 1997, ch. 5.4), one long thinned chain, in base R. Minutes.
#
#   Rscript tests/statistics/imputation_witness.R > tests/statistics/imputation_witness.csv
#
# From the repository's root. Output: R's version, then dataset,scale,contrast,statistic,value with 17 digits. Of the 4,000
# data sets: mean and variance of the estimate (q, b), mean and variance of its variance (u, var_u), variance of the squared
# distance of the estimate from its mean (var_b), and how many independent data sets their autocorrelation leaves (ess).

scores <- read.csv("tests/statistics/data/scores.csv")
L <- cbind(`t1-t2` = c(1, -1, 0), `t1-t3` = c(1, 0, -1))
augment <- function(x, m = 4000, thin = 10, burn = 500) {
  x <- as.matrix(x); x <- x[rowSums(!is.na(x)) > 0, ]; n <- nrow(x); k <- ncol(x)
  key <- apply(is.na(x), 1, paste, collapse = "")
  groups <- lapply(split(1:n, key), function(r) list(r = r, o = which(!is.na(x[r[1], ])), h = which(is.na(x[r[1], ]))))
  y <- x
  for (j in 1:k) { gap <- is.na(y[, j]); y[gap, j] <- sample(x[!is.na(x[, j]), j], sum(gap), TRUE) }
  Q <- U <- matrix(NA, m, 2); kept <- 0
  for (step in 1:(burn + m * thin)) {
    centre <- colMeans(y); S <- crossprod(sweep(y, 2, centre))
    Sigma <- solve(rWishart(1, n - 1, solve(S))[, , 1])
    mu <- centre + drop(crossprod(chol(Sigma / n), rnorm(k)))
    for (g in groups) if (length(g$h)) {
      o <- g$o; h <- g$h; rows <- length(g$r)
      B <- Sigma[h, o, drop = FALSE] %*% solve(Sigma[o, o, drop = FALSE])
      C <- Sigma[h, h, drop = FALSE] - B %*% Sigma[o, h, drop = FALSE]
      y[g$r, h] <- rep(mu[h], each = rows) + sweep(y[g$r, o, drop = FALSE], 2, mu[o]) %*% t(B) +
        matrix(rnorm(rows * length(h)), rows) %*% chol((C + t(C)) / 2)
    }
    if (step > burn && (step - burn) %% thin == 0) {
      kept <- kept + 1; d <- y %*% L; Q[kept, ] <- colMeans(d); U[kept, ] <- apply(d, 2, var) / n
    }
  }
  list(Q = Q, U = U)
}
independent <- function(q) {
  a <- acf(q, lag.max = 30, plot = FALSE)$acf[-1]; end <- which(a < 0.05)[1]
  length(q) / (1 + 2 * sum(a[seq_len((if (is.na(end)) 31 else end) - 1)]))
}
set.seed(11)
cat("#", R.version.string, "\n")
cat("dataset,scale,contrast,statistic,value\n")
for (place in list(c("awkward", "prorated"), c("example", "wellbeing"), c("example", "pay"),
                   c("example", "personal_accomplishment"), c("large", "continuous"))) {
  found <- augment(scores[scores$dataset == place[1] & scores$scale == place[2], c("t1", "t2", "t3")])
  for (j in 1:2) {
    q <- found$Q[, j]; u <- found$U[, j]
    for (row in list(list("q", mean(q)), list("b", var(q)), list("u", mean(u)), list("var_u", var(u)),
                     list("var_b", var((q - mean(q))^2)), list("ess", independent(q)))) {
      cat(sprintf("%s,%s,%s,%s,%.17g\n", place[1], place[2], colnames(L)[j], row[[1]], row[[2]]))
    }
  }
}
