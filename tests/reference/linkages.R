# Report 3, appendix: linkages of the official table of 2007, errors of its coefficients from tables that differ, and what they do to
# influence and ranks, by regressions on dummies and by draws with other random numbers than the book's.

source("lib/reference.R")

sectors <- read_table("input_output/sectors_42")
values <- list()
published <- list()
tolerances <- list()
reasons <- list()
draws <- 10000 # of the book, and here

# Coefficients and outputs of an official table, added up to groups of its sectors.
table_of <- function(name, group = sectors$sector) {
  frame <- read_table(paste0("input_output/", name))
  cells <- frame[match(sectors$sector, frame$row), ]
  add <- function(m) rowsum(as.matrix(m), group, reorder = FALSE)
  x <- drop(add(cells["gross_output"]))
  list(A = sweep(t(add(t(add(cells[sectors$sector])))), 2, x, "/"), x = x)
}

# The domestic part of each coefficient: imports stand in every domestic use of a product alike.
domestic <- function(name) {
  frame <- read_table(paste0("input_output/", name))
  cells <- frame[match(sectors$sector, frame$row), ]
  uses <- c("rural_household_consumption", "urban_household_consumption", "government_consumption", "gross_fixed_capital_formation", "inventory_change")
  (1 - cells$imports / rowSums(cells[c(sectors$sector, uses)])) * table_of(name)$A
}

# Linkages and classes ------------------------------------------------------------------------------

t2007 <- table_of("china_2007_42")
L <- solve(diag(42) - t2007$A)
G <- L * outer(1 / t2007$x, t2007$x)
over_mean <- function(x) x / mean(x)
links <- list(influence = over_mean(colSums(L)), leontief = over_mean(rowSums(L)), ghosh = over_mean(rowSums(G)))
for (name in names(links)) values[paste(name, sectors$sector, sep = ".")] <- links[[name]]
values[paste("backward_variation", sectors$sector, sep = ".")] <- apply(L, 2, function(l) sd(l) / mean(l))
values[paste("forward_variation", sectors$sector, sep = ".")] <- apply(L, 1, function(l) sd(l) / mean(l))
# 1 key, 2 backward, 3 forward, 4 weak.
values[paste("class", sectors$sector, sep = ".")] <- 1 + (links$influence <= 1) * 2 + (links$leontief <= 1)
services <- sectors$part == "services"
made <- sectors$part == "manufacturing"
published[["ch03a-services"]] <- sum(services)
published[["ch03a-influence-above"]] <- sum(links$influence[services] > 1)
published[["ch03a-influence-mean"]] <- mean(links$influence[services])
published[["ch03a-influence-mean-manufacturing"]] <- mean(links$influence[made])
at_home <- domestic("china_2007_42")
influence_at_home <- over_mean(colSums(solve(diag(42) - at_home)))
published[["ch03a-influence-domestic-mean"]] <- mean(influence_at_home[services])
published[["ch03a-influence-domestic-mean-manufacturing"]] <- mean(influence_at_home[made])

# Errors --------------------------------------------------------------------------------------------

# Log differences of the mixes on dummies of seller and buyer, weighted by the mean mix.
observed <- function(first, second) {
  mix <- list(prop.table(first$A, 2), prop.table(second$A, 2))
  cells <- which(mix[[1]] > 0 & mix[[2]] > 0, arr.ind = TRUE)
  d <- data.frame(y = log(mix[[2]][cells] / mix[[1]][cells]), w = (mix[[1]][cells] + mix[[2]][cells]) / 2, seller = factor(cells[, 1]), buyer = factor(cells[, 2]))
  fit <- lm(y ~ seller + buyer, d, weights = w)
  effect <- predict(fit, transform(d, buyer = levels(buyer)[1]))
  root_mean <- function(x) sqrt(weighted.mean(x^2, d$w))
  buys <- colSums(first$A) > 0 & colSums(second$A) > 0
  c(row = root_mean(effect - weighted.mean(effect, d$w)), cell = root_mean(residuals(fit)),
    share = sqrt(mean((qlogis(colSums(second$A)[buys]) - qlogis(colSums(first$A)[buys]))^2)))
}
mixed_up <- replace(sectors$sector, sectors$sector == "s13", "s12") # the later release of 2005 has them mixed up
errors <- list(
  revision = observed(table_of("china_2005_42_earlier", mixed_up), table_of("china_2005_42", mixed_up)),
  change = observed(table_of("china_2002_42", sectors$group38), table_of("china_2007_42", sectors$group38)) / sqrt(2)
)
for (name in names(errors)) values[paste("errors", name, names(errors[[name]]), sep = ".")] <- errors[[name]]

set.seed(1)
simulate <- function(e, A = t2007$A) {
  n <- 42
  s <- colSums(A)
  t(replicate(draws, {
    mix <- A * exp(rnorm(n * n, sd = e[["cell"]]) + rnorm(n, sd = e[["row"]]))
    share <- plogis(qlogis(s) + rnorm(n, sd = e[["share"]]))
    over_mean(drop(solve(t(diag(n) - sweep(mix, 2, share / colSums(mix), "*")), rep(1, n))))
  }))
}
simulated <- lapply(errors, simulate)
for (name in names(simulated)) values[paste("sd", name, sectors$sector, sep = ".")] <- apply(simulated[[name]], 2, sd)

by_draws <- sprintf("error of %d random tables", draws)
simulated_at_home <- simulate(errors$change, at_home)
for (block in list(list("ch03a-influence-mean", simulated$change[, services]), list("ch03a-influence-mean-manufacturing", simulated$change[, made]),
                   list("ch03a-influence-domestic-mean", simulated_at_home[, services]),
                   list("ch03a-influence-domestic-mean-manufacturing", simulated_at_home[, made]))) {
  of_block <- rowMeans(block[[2]])
  for (end in list(list("/lo", 0.025), list("/hi", 0.975))) {
    key <- paste0(block[[1]], end[[1]])
    published[[key]] <- quantile(of_block, end[[2]], names = FALSE)
    tolerances[[key]] <- percentile_error(of_block, end[[2]], draws)
  }
  reasons[[block[[1]]]] <- by_draws
}
published[["ch03a-holds-mean"]] <- min(sapply(simulated, function(x) 100 * mean(rowMeans(x[, services]) < 1)))
tolerances[["ch03a-holds-mean"]] <- 100 * (1 - 0.001^(1 / draws)) # none of so many draws below, though the share may be as large
reasons[["ch03a-holds-mean"]] <- by_draws

# Ranks that errors leave possible --------------------------------------------------------------------

# Differences of logs from all others at once: the largest deviation over its standard deviation, in 95 percent of the draws.
possible <- function(estimate, drawn) {
  t(sapply(seq_along(estimate), function(k) {
    difference <- log(estimate[k] / estimate[-k])
    error <- sweep(log(drawn[, k] / drawn[, -k, drop = FALSE]), 2, difference)
    se <- sqrt(colMeans(sweep(error, 2, colMeans(error))^2))
    reach <- quantile(apply(abs(sweep(error, 2, se, "/")), 1, max), 0.95, names = FALSE) * se
    c(rank = 1 + sum(difference < 0), low = 1 + sum(difference < -reach), high = length(estimate) - sum(difference > reach))
  }))
}
ranks <- possible(links$influence, simulated$revision)
width <- (1 + ranks[, "high"] - ranks[, "low"])[services]
published[["ch03a-rank-width-revision"]] <- median(width)
tolerances[["ch03a-rank-width-revision"]] <- 1
reasons[["ch03a-rank-width-revision"]] <- paste0(by_draws, ", at most a rank")

# The same numbers in every language.
estimate <- exp(c(0.5, 0.45, 0.2, 0, -0.6, -0.65))
drawn <- exp(matrix(log(estimate), 400, 6, byrow = TRUE) + 0.1 * matrix(qnorm(uniform(2400, 2007)), 400, 6, byrow = TRUE))
small <- possible(estimate, drawn)
for (column in colnames(small)) values[paste("ranks", column, 1:6, sep = ".")] <- small[, column]

write_reference("linkages", values = values, published = published, tolerances = tolerances, reasons = reasons)
