# Report 1: sizes of clusters from their classes, rank and size of exporters, bounds on export intensity. Base R, with
# R's own distribution functions and symbolic derivatives; the totals and counts are those of pages 1 to 3.

source("lib/reference.R")

exporters <- read_table("printed/01/exporting_clusters")
gdp <- read_table("macro/zhejiang_gdp")

values <- list()
published <- list()
with_bounds <- function(id, low, high) {
  c(setNames((low + high) / 2, id), setNames(c(low, high), paste0(id, c("/lo", "/hi"))))
}

# Growth between surveys ---------------------------------------------------------------------------

clusters <- c("1997" = 306, "2001" = 519, "2004" = 601)
output <- c("1997" = 2664, "2001" = 5993, "2004" = 15826)
may_describe <- list("1997" = c(1996, 1997), "2001" = c(2000, 2001), "2004" = 2004)
nominal <- with(subset(gdp, vintage == "census2018_revised"), setNames(gdp_100m_yuan, year))

for (pair in list(c("first", "1997", "2001"), c("second", "2001", "2004"), c("whole", "1997", "2004"))) {
  spans <- expand.grid(end = may_describe[[pair[3]]], start = may_describe[[pair[2]]])
  levels <- list(number = clusters, output = output, mean = output / clusters)
  for (name in names(levels)) {
    g <- growth(levels[[name]][[pair[2]]], levels[[name]][[pair[3]]], spans$end - spans$start)
    published[paste0("ch01-sizes-", name, "-", pair[1], c("", "/lo", "/hi"))] <- c(g[1], range(g))
  }
  g <- growth(nominal[as.character(spans$start)], nominal[as.character(spans$end)], spans$end - spans$start)
  published[paste0("ch01-sizes-gdp-", pair[1], c("", "/lo", "/hi"))] <- c(g[[1]], range(g))
  published[[paste0("ch01-sizes-number-part-", pair[1])]] <-
    100 * log(clusters[[pair[3]]] / clusters[[pair[2]]]) / log(output[[pair[3]]] / output[[pair[2]]])
}
published <- c(published, with_bounds("ch01-sizes-above-60-factor", 37 / 25, 83 / 25))

# Shares of the largest: put everybody else as high, or as low, as the classes and the total allow -------------

lower <- c(1, 10, 50, 100)
upper <- c(10, 50, 100, Inf)
counts <- c(601 - 202 - 46 - 37, 202, 46, 37)
total <- 15826
for (k in 2:4) {
  rest <- seq_len(k - 1)
  top <- k:4
  room <- total - sum(lower[top] * counts[top]) # what the rest can have if the top is at its lower limits
  most_rest <- min(sum(upper[rest] * counts[rest]), room)
  shares <- 100 * (1 - c(most_rest, sum(lower[rest] * counts[rest])) / total)
  published <- c(published, with_bounds(paste0("ch01-top-share-", lower[k]), shares[1], shares[2]))
}
published <- c(published, with_bounds("ch01-top-share-60-2001", 100 * 25 * 60 / 5993, 100 * (1 - 494 / 5993)))
published[["ch01-top-share-exporters"]] <- 100 * sum(pmax(exporters$exports_100m_yuan - 100, 0)) / total

# Grouped likelihood -------------------------------------------------------------------------------

# Survival above the threshold 1: in R's functions for the fit and the means, as expressions for the derivatives.
survival <- list(
  pareto = function(x, p) x^-p[1],
  lognormal = function(x, p) plnorm(x, p[1], p[2], FALSE) / plnorm(1, p[1], p[2], FALSE),
  weibull = function(x, p) pweibull(x, p[1], p[2], FALSE) / pweibull(1, p[1], p[2], FALSE)
)
symbols <- list(
  pareto = list(quote(x^-p1), "p1"),
  lognormal = list(quote(pnorm((p1 - log(x)) / p2) / pnorm(p1 / p2)), c("p1", "p2")),
  weibull = list(quote(exp((1 / p2)^p1 - (x / p2)^p1)), c("p1", "p2"))
)
start <- list(pareto = 0.5, lognormal = c(2, 1.5), weibull = c(0.5, 7))
parameters <- list(pareto = "alpha", lognormal = c("mu", "sigma"), weibull = c("shape", "scale"))

# Gradient and Hessian of sum(counts * log(S(lower) - S(upper))).
derivatives <- function(model, p, lower, upper, counts) {
  f <- deriv3(symbols[[model]][[1]], symbols[[model]][[2]], c("x", symbols[[model]][[2]]))
  at <- function(x) {
    if (is.infinite(x)) return(list(0, 0 * p, matrix(0, length(p), length(p))))
    s <- do.call(f, as.list(c(x, p)))
    list(c(s), c(attr(s, "gradient")), matrix(attr(s, "hessian"), length(p)))
  }
  gradient <- 0 * p
  hessian <- matrix(0, length(p), length(p))
  for (j in seq_along(counts)) {
    d <- Map(`-`, at(lower[j]), at(upper[j]))
    gradient <- gradient + counts[j] * d[[2]] / d[[1]]
    hessian <- hessian + counts[j] * (d[[3]] / d[[1]] - tcrossprod(d[[2]]) / d[[1]]^2)
  }
  list(gradient, hessian)
}

fit <- function(model, lower, upper, counts) {
  probabilities <- function(p) {
    s <- survival[[model]]
    (s(lower, p) - ifelse(is.finite(upper), s(upper, p), 0)) / s(lower[1], p)
  }
  minus <- function(p) if (any(p[parameters[[model]] != "mu"] <= 0)) 1e10 else -sum(counts * log(probabilities(p)))
  method <- if (length(start[[model]]) == 1) "Brent" else "Nelder-Mead"
  limits <- if (length(start[[model]]) == 1) c(0.01, 10) else c(-Inf, Inf)
  control <- if (length(start[[model]]) == 1) list() else list(reltol = 1e-14)
  p <- optim(start[[model]], minus, method = method, lower = limits[1], upper = limits[2], control = control)$par
  # optim stops a few digits early; Newton's steps take the rest.
  for (i in 1:4) {
    d <- derivatives(model, p, lower, upper, counts)
    p <- p - solve(d[[2]], d[[1]])
  }
  stopifnot(max(abs(solve(d[[2]], d[[1]]))) < 1e-8)
  expected <- sum(counts) * probabilities(p)
  df <- length(counts) - 1 - length(p)
  deviance <- 2 * sum(counts * log(counts / expected))
  pearson <- sum((counts - expected)^2 / expected)
  list(p = p, se = sqrt(diag(solve(-d[[2]]))), log_likelihood = -minus(p), deviance = deviance, pearson = pearson,
       deviance_p = pchisq(deviance, df, lower.tail = FALSE), pearson_p = pchisq(pearson, df, lower.tail = FALSE))
}

# E[X; X >= x] = x S(x) + integral of S from x on, on a logarithmic axis.
partial_mean <- function(model, p, x) {
  s <- survival[[model]]
  x * s(x, p) + integrate(function(u) exp(u) * s(exp(u), p), log(x), 60, rel.tol = 1e-12, subdivisions = 2000)$value
}

for (model in names(survival)) {
  found <- fit(model, lower, upper, counts)
  values[paste(model, parameters[[model]], sep = ".")] <- found$p
  values[paste(model, "se", parameters[[model]], sep = ".")] <- found$se
  for (name in c("log_likelihood", "deviance", "deviance_p", "pearson", "pearson_p")) {
    values[[paste(model, name, sep = ".")]] <- found[[name]]
  }
  if (model != "pareto") {
    means <- vapply(lower, function(x) partial_mean(model, found$p, x), 0)
    values[paste0(model, ".partial_mean.", lower)] <- means
  }
}
above_10 <- fit("pareto", lower[-1] / 10, upper[-1] / 10, counts[-1])
values[["pareto_above_10.alpha"]] <- above_10$p
values[["pareto_above_10.se"]] <- above_10$se
values[["pareto_above_10.deviance"]] <- above_10$deviance

# Rank and size of the largest exporters -----------------------------------------------------------

rank_size <- function(sizes) -coef(lm(log(rank(-sizes) - 0.5) ~ log(sizes)))[[2]]
sizes <- sort(exporters$exports_100m_yuan, decreasing = TRUE)
n <- length(sizes)
choices <- list(sizes, sizes[-1], sizes[-n], sizes[-c(1, n)], sizes[1:6])
slopes <- vapply(choices, rank_size, 0)
published[["ch01-rank-size"]] <- slopes[1]
published[["ch01-rank-size-se"]] <- slopes[1] * sqrt(2 / n)
published[c("ch01-rank-size-normal/lo", "ch01-rank-size-normal/hi")] <- slopes[1] * (1 + c(-1, 1) * qnorm(0.975) * sqrt(2 / n))
published[c("ch01-rank-size-cuts/lo", "ch01-rank-size-cuts/hi")] <- range(slopes)
alpha <- n / sum(log(sizes / 50))
published[c("ch01-hill", "ch01-hill/lo", "ch01-hill/hi")] <- alpha * c(1, qchisq(c(0.025, 0.975), 2 * n) / (2 * n))
published[["ch01-hill-lo-rounding"]] <- n / sum(log((sizes + 0.5) / 50)) * qchisq(0.025, 2 * n) / (2 * n)
# The exact interval: R draws its own sizes, so that the ends agree but for the error of simulation.
set.seed(2004)
log_rank <- log(n:1 - 0.5)
pivot <- replicate(50000, {
  x <- sort(rexp(n))
  -cov(x, log_rank) / var(x)
})
values[c("rank_size.exact.lo", "rank_size.exact.hi")] <- slopes[1] / quantile(pivot, c(0.975, 0.025))

# Export intensity of the 285 clusters above 10 ----------------------------------------------------

in_class <- c(none = 285 - 229, low = 229 - 110 - 68 - 44, 110, 68, 44)
unweighted <- c(sum(in_class * c(0, 0, 10, 30, 50)), sum(in_class * c(0, 10, 30, 50, 100))) / 285
above <- total - 316 * c(1, 10)
weighted <- 100 * 2901 / above
published <- c(
  published,
  with_bounds("ch01-intensity-unweighted", unweighted[1], unweighted[2]),
  with_bounds("ch01-intensity-weighted", weighted[1], weighted[2]),
  with_bounds("ch01-intensity-difference", weighted[1] - unweighted[2], weighted[2] - unweighted[1]),
  with_bounds("ch01-intensity-exporting", unweighted[1] * 285 / 229, unweighted[2] * 285 / 229),
  with_bounds("ch01-intensity-output", above[2], above[1])
)

write_reference("size_distribution", values = values, published = published)
