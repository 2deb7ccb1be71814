# The rules of verdicts, slips of the pen, counts behind printed shares, weights by groups: written from their definitions and tried case by
# case, on numbers that a recurrence makes alike in every language. Nothing of the book's is published here.

source("lib/reference.R")

values <- list()

# Verdicts: 0 reproduces, 1 rounding, 2 differs ------------------------------------------------------

# Printed in tenths; computed within a few of them, in thousandths off any border.
u <- matrix(uniform(3 * 40, 1954), ncol = 3, byrow = TRUE)
printed <- round(20 + 80 * u[, 1], 1)
computed <- printed + round((u[, 2] - 0.5) * c(0.5, 12)[1 + (u[, 3] > 0.5)], 2) + 0.003
rules <- list(
  exact = function(p, v) c(abs(v - p) <= 0.05, abs(v - p) <= 0.15),
  about = function(p, v) c(abs(v - p) <= 0.05, abs(v - p) <= p / 20),
  over = function(p, v) c(v > p, v >= p - 0.05),
  "at least" = function(p, v) c(v >= p, v >= p - 0.05),
  under = function(p, v) c(v < p, v <= p + 0.05),
  almost = function(p, v) c(v >= 0.9 * p && v < p, v >= 0.9 * p - 0.05 && v <= p + 0.05)
)
for (wording in names(rules)) {
  for (i in seq_along(printed)) values[[sprintf("verdict.%s.%d", wording, i)]] <- which(c(rules[[wording]](printed[i], computed[i]), TRUE))[1] - 1
}

# Slips: 0 none, 1 one digit, 2 two digits swapped, 3 a power of ten ------------------------------------

pairs <- list(c(46.83, 46.38), c(46.83, 46.73), c(4.683, 46.83), c(12.34, 43.21), c(285, 2850), c(101, 110), c(77.1, 71.7), c(50, 60), c(3.5, 9.9))
for (i in seq_along(pairs)) {
  decimals <- c(2, 2, 3, 2, 0, 0, 1, 0, 1)[i]
  digits <- lapply(pairs[[i]], function(x) strsplit(sprintf("%.*f", decimals, x), "")[[1]])
  p <- digits[[1]]
  v <- digits[[2]]
  wrong <- if (length(p) == length(v)) which(p != v) else integer(0)
  power <- any(sapply(setdiff(-8:8, 0), function(k) sprintf("%.*f", decimals, pairs[[i]][2] * 10^k) == sprintf("%.*f", decimals, pairs[[i]][1])))
  values[[sprintf("slip.%d", i)]] <- if (length(wrong) == 1) 1 else if (length(wrong) == 2 && all(p[wrong] == rev(v[wrong]))) 2 else if (power) 3 else 0
}

# Candidates that print as a number
candidates <- 46.7 + 0.3 * uniform(200, 2005)
values[paste0("matches.", seq_along(candidates))] <- as.numeric(sprintf("%.2f", candidates) == "46.83")

# Counts behind shares --------------------------------------------------------------------------------

prints <- function(share, decimals, n) which(abs(100 * (0:n) / n - share) <= 0.5 * 10^-decimals + 1e-9) - 1
obstacles <- c(43.2, 32.1, 30.9, 30.9, 30.5)
importance <- c(55.2, 40.2, 4.6)
for (n in 1:300) {
  values[[sprintf("sizes.several.%d", n)]] <- as.numeric(all(lengths(lapply(obstacles, prints, 1, n)) > 0))
  counts <- lapply(importance, prints, 1, n)
  values[[sprintf("sizes.one.%d", n)]] <- as.numeric(all(lengths(counts) > 0) && any(rowSums(expand.grid(counts)) == n))
}
# Least size of two different shares: the first at which counts one apart can print shares so near.
shares <- matrix(round(100 * uniform(40, 2006), 1), ncol = 2)
for (i in seq_len(nrow(shares))) {
  apart <- round(10 * abs(diff(shares[i, ])))
  values[[sprintf("least.%d", i)]] <- which(1000 / (1:1000) <= apart + 1 + 1e-9)[1]
}
# Whole percents of three answers, every triple.
triples <- subset(expand.grid(a = 0:100, b = 0:100), a + b <= 100)
triples$c <- 100 - triples$a - triples$b
for (sizes in list(c(3), c(5, 6, 9), c(40, 60))) {
  fits <- Reduce(`|`, lapply(sizes, function(n) {
    possible <- lapply(0:100, prints, 0, n)
    low <- sapply(possible, function(k) if (length(k)) min(k) else Inf)
    high <- sapply(possible, function(k) if (length(k)) max(k) else -Inf)
    with(triples, low[a + 1] + low[b + 1] + low[c + 1] <= n & high[a + 1] + high[b + 1] + high[c + 1] >= n)
  }))
  values[[paste(c("triples", sizes), collapse = ".")]] <- mean(fits)
}
# Weights of three strata with which shares can be printed.
w <- matrix(uniform(90, 40), ncol = 3)
w <- w / rowSums(w)
firms <- c(6, 5, 4)
counts <- as.matrix(expand.grid(lapply(firms, function(n) (0:n) / n)))
attained <- 100 * counts %*% t(w)
for (i in seq_len(nrow(w))) {
  values[[sprintf("weights.%d", i)]] <- as.numeric(all(sapply(c(43.2, 30.9), function(s) any(abs(attained[, i] - s) <= 0.05))))
}
size <- 1 + 30 * uniform(50, 7)
values[["effective"]] <- length(size) / (1 + mean((size - mean(size))^2) / mean(size)^2)

# Index numbers and groups ------------------------------------------------------------------------------

china <- read_table("macro/china_exports")
values[paste0("index.", china$year)] <- 100 * exp(log(china$exports_100m_usd) - log(china$exports_100m_usd[china$year == 2000]))
groups <- c(1, 2, 1, 3, 2, 1, 4)
together <- outer(groups, groups, "==") - diag(length(groups))
for (i in seq_along(groups)) for (j in seq_along(groups)) values[[sprintf("group.%d.%d", i, j)]] <- together[i, j] / max(1, sum(together[i, ]))

write_reference("arithmetic", values = values, published = list())
