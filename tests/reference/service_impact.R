# Report 3, appendix: extraction, multipliers and the content of exports, from the tables in data/. Unlike the Python code, extraction
# here takes rows and columns out and solves what is left, and the closed model is inverted with households inside.

source("lib/reference.R")

uses <- c("rural_household_consumption", "urban_household_consumption", "government_consumption", "gross_fixed_capital_formation", "inventory_change")
primary <- c("compensation_of_employees", "net_taxes_on_production", "depreciation_of_fixed_assets", "operating_surplus")

# The domestic table: imports in proportion to domestic use.
domestic <- function(table) {
  frame <- read_table(paste0("input_output/", table))
  rownames(frame) <- frame$row
  s <- intersect(names(frame), frame$row)
  Z <- as.matrix(frame[s, s])
  Y <- as.matrix(frame[s, uses])
  x <- frame[s, "gross_output"]
  V <- as.matrix(frame[primary, s])
  M <- frame[s, "imports"]
  E <- frame[s, "exports"]
  use <- rowSums(Z) + rowSums(Y)
  m <- ifelse(M == 0, 0, M / use)
  A <- sweep(Z, 2, x, "/")
  list(s = s, x = x, V = V, E = E, m = m, A = A, Ad = (1 - m) * A, Am = m * A, consumption = (1 - m) * rowSums(Y[, 1:2]),
       consumed = sum(Y[, 1:2]))
}

values <- list()
published <- list()
tolerances <- list()
reasons <- list()
sectors <- read_table("input_output/sectors_42")
part <- sectors$part
blocks <- c(services = "services", manufacturing = "manufacturing")

for (year in c(2002, 2007)) {
  t <- domestic(sprintf("china_%d_42", year))
  stopifnot(t$s == sectors$sector)
  n <- length(t$x)
  y <- t$x - drop(t$Ad %*% t$x)
  v <- colSums(t$V) / t$x
  L <- solve(diag(n) - t$Ad)
  for (name in names(blocks)) {
    K <- part == blocks[[name]]
    left <- numeric(n)
    left[!K] <- solve(diag(sum(!K)) - t$Ad[!K, !K], y[!K])
    loss <- t$x - left
    id <- function(key) sprintf("ch03a-extraction-%s-%s-%d", name, key, year)
    published[[id("own")]] <- 100 * sum(t$x[K]) / sum(t$x)
    published[[id("total")]] <- 100 * sum(loss) / sum(t$x)
    published[[id("outside")]] <- 100 * sum(loss[!K]) / sum(t$x[!K])
    published[[id("per-own")]] <- 100 * sum(loss[!K]) / sum(t$x[K])
    published[[id("value-added")]] <- 100 * sum((v * loss)[!K]) / sum((v * t$x)[K])
    if (year == 2002) for (key in c("output", "value-added")) {
      simple <- colSums((if (key == "output") 1 else v) * L)
      published[[sprintf("ch03a-multiplier-%s-%s-2002", key, name)]] <- sum(simple[K] * y[K]) / sum(y[K])
    }
  }
  published[[sprintf("ch03a-spending-%d", year)]] <- t$consumed / sum(t$V["compensation_of_employees", ])

  made <- part == "manufacturing"
  e <- ifelse(made, t$E, 0) / sum(t$E[made])
  published[[sprintf("ch03a-content-services-manufactures-%d", year)]] <- 100 * sum((v * drop(L %*% e))[part == "services"])
  vs <- 100 * sum(t$Am %*% L %*% e)
  values[[sprintf("vs.manufactures.%d", year)]] <- vs
  published[[sprintf("ch03a-vs-split-%d", year)]] <- vs
  if (year == 2007) {
    h <- t$V["compensation_of_employees", ] / t$x
    closed <- rbind(cbind(t$Ad, t$consumption / sum(t$V["compensation_of_employees", ])), c(h, 0))
    inverse <- solve(diag(n + 1) - closed)
    for (name in names(blocks)) {
      K <- part == blocks[[name]]
      mean_of <- function(w) sum((w * y)[K]) / sum(y[K])
      published[[sprintf("ch03a-multiplier-output-%s", name)]] <- mean_of(colSums(L))
      published[[sprintf("ch03a-multiplier-value-added-%s", name)]] <- mean_of(colSums(v * L))
      published[[sprintf("ch03a-multiplier-income-%s", name)]] <- mean_of(colSums(h * L))
      published[[sprintf("ch03a-multiplier-output-%s-total", name)]] <- mean_of(colSums(inverse[1:n, 1:n]))
      published[[sprintf("ch03a-multiplier-value-added-%s-total", name)]] <- mean_of(colSums(v * inverse[1:n, 1:n]))
      published[[sprintf("ch03a-multiplier-income-%s-total", name)]] <- mean_of(inverse[n + 1, 1:n])
    }
  }
}

# Random blocks of as much output as services in 2007, by other random numbers; the book has 500 of them.
t <- domestic("china_2007_42")
n <- length(t$x)
weight <- t$x / sum(t$x)
y <- t$x - drop(t$Ad %*% t$x)
per_own <- function(K) (sum(t$x[!K]) - sum(solve(diag(sum(!K)) - t$Ad[!K, !K], y[!K]))) / sum(t$x[K])
set.seed(1)
share <- sum(weight[part == "services"])
blocks_drawn <- c()
while (length(blocks_drawn) < 3000) {
  order <- sample(n)
  fits <- which(abs(cumsum(weight[order]) - share) < 0.01)
  if (length(fits)) blocks_drawn <- c(blocks_drawn, per_own(seq_len(n) %in% order[seq_len(fits[1])]))
}
p <- mean(blocks_drawn < per_own(part == "services"))
published[["ch03a-extraction-random-below-2007"]] <- 100 * p
tolerances[["ch03a-extraction-random-below-2007"]] <- 330 * sqrt(p * (1 - p) * (1 / 500 + 1 / 3000)) # exceeded once in a thousand
reasons[["ch03a-extraction-random-below-2007"]] <- "error of 500 random blocks"

# Published coefficients and the copy of 2005 ------------------------------------------------------

printed <- as.matrix(read_table("input_output/published_total_2007_42")[, -1])
unit <- 10^(floor(log10(ifelse(printed == 0, 1, printed))) - 4) # of the fifth significant digit
agreeing <- sapply(4:9, function(d) mean(abs(solve(diag(n) - round(t$A, d)) - diag(n) - printed) <= 0.5001 * unit))
published[["ch03a-check-total-decimals"]] <- (4:9)[which.max(agreeing)]
published[["ch03a-check-total-rounded"]] <- 100 * max(agreeing)
copy <- read_table("input_output/china_2005_42")
output <- tapply(copy$gross_output[match(sectors$sector, copy$row)], sectors$group17, sum)
yearbook <- subset(read_table("input_output/yearbook_17"), year == 2005 & item == "final use: gross_output")
minerals <- 9
published[["ch03a-check-2005-moved"]] <- (output[[as.character(minerals)]] - yearbook$printed[yearbook$group17 == minerals]) / 1e4
studies <- read_table("input_output/published_export_content")
published[["ch03a-kww-apart-2007"]] <-
  subset(studies, study == "koopman2012" & exports == "manufacturing" & method == "processing apart" & year == 2007)$share_percent

# Full detail of 2007, with the flows of processing with supplied materials.
t <- domestic("china_2007_135")
keys <- read_table("input_output/sectors_135")
flows <- read_table("input_output/trade_processing_2007_135")
share <- colSums(t$Am %*% solve(diag(length(t$x)) - t$Ad))
made <- keys$part == "manufacturing"
out <- flows$exports_processing_with_supplied_materials - flows$processing_fee_supplied_materials
published[["ch03a-vs-manufactures-2007"]] <- 100 * sum((share * t$E)[made]) / sum(t$E[made])
published[paste0("ch03a-vs-manufactures-2007", c("/lo", "/hi"))] <- range(published[["ch03a-vs-manufactures-2007"]], values[["vs.manufactures.2007"]])
n <- length(t$x)
y <- t$x - drop(t$Ad %*% t$x)
for (name in names(blocks)) {
  K <- keys$part == blocks[[name]]
  lost <- t$x[!K] - solve(diag(sum(!K)) - t$Ad[!K, !K], y[!K])
  id <- sprintf("ch03a-extraction-%s-outside-2007", name)
  published[paste0(id, c("/lo", "/hi"))] <- range(published[[id]], 100 * sum(lost) / sum(t$x[!K]))
}
published[["ch03a-vs-plus-manufactures"]] <- 100 * sum((share * t$E + out)[made]) / sum((t$E + out)[made])
published[["ch03a-vs-plus-all"]] <- 100 * sum(share * t$E + out) / sum(t$E + out)
published[["ch03a-vs-implied"]] <- 100 * (0.403 * sum((t$E + out)[made]) - sum(out[made])) / sum(t$E[made])

# Per yuan sold at home: what exports hold beyond the proportional split leaves goods sold at home alone, or all that is sold there.
home <- t$x - drop(t$Ad %*% t$x) - t$E
content <- function(K) sum((share * home)[K]) / sum(home[K])
serves <- keys$part == "services"
beyond <- published[["ch03a-vs-implied"]] / 100 * sum(t$E[made]) - sum((share * t$E)[made])
gap <- content(made) - content(serves)
published[["ch03a-value-added-home-services"]] <- 1 - content(serves)
published[["ch03a-value-added-home-manufactures"]] <- 1 - content(made)
gaps <- c(gap, gap * (1 - beyond / sum(share * home)), gap - beyond / sum(home[made]))
published[paste0("ch03a-value-added-gap-home", c("", "/lo", "/hi"))] <- c(gap, range(gaps))

# Influence: outside the own block with and without imports, without the own sector, and with an error common to all services.
t <- domestic("china_2007_42")
n <- length(t$x)
y <- t$x - drop(t$Ad %*% t$x)
inverse <- function(A) solve(diag(nrow(A)) - A)
relative <- function(L) colSums(L) / mean(colSums(L))
K <- part == "services"
for (name in names(blocks)) {
  B <- part == blocks[[name]]
  outside <- function(L) sum(colSums(L[!B, B]) * y[B]) / sum(y[B])
  id <- paste0("ch03a-outside-", name)
  both <- c(outside(inverse(t$Ad)), outside(inverse(t$A)))
  published[paste0(id, c("", "/lo", "/hi"))] <- c(both[1], range(both))
}
others <- inverse(t$A)
diag(others) <- 0
published[["ch03a-influence-others-mean"]] <- mean(relative(others)[K])
input_share <- function(table, s) { # flows over output, in columns
  frame <- read_table(paste0("input_output/", table))
  colSums(frame[frame$row %in% names(frame), s]) / unlist(frame[match(s, frame$row), "gross_output"])
}
grouped_odds <- function(year) {
  frame <- read_table(sprintf("input_output/china_%d_42", year))
  flows <- rowsum(colSums(frame[match(sectors$sector, frame$row), sectors$sector]), sectors$group38)
  x <- rowsum(frame$gross_output[match(sectors$sector, frame$row)], sectors$group38)
  qlogis(flows / x)
}
odds_moved <- grouped_odds(2007) - grouped_odds(2002)
sd_share <- sqrt(mean(odds_moved[is.finite(odds_moved)]^2) / 2) # waste bought nothing in 2002
moved <- function(shift) {
  A <- t$A
  A[, K] <- sweep(A[, K], 2, plogis(qlogis(colSums(A[, K])) + shift) / colSums(A[, K]), "*")
  c(100 * mean(colSums(A[, K])), mean(relative(inverse(A))[K]))
}
published[["ch03a-influence-mean-common"]] <- mean(relative(inverse(t$A))[K])
published[["ch03a-influence-mean-common/lo"]] <- moved(-qnorm(0.975) * sd_share)[2]
published[["ch03a-influence-mean-common/hi"]] <- moved(qnorm(0.975) * sd_share)[2]
turning <- uniroot(function(shift) moved(shift)[2] - 1, c(0, 3), tol = 1e-14)$root
published[["ch03a-input-share-turning"]] <- moved(turning)[1]
published[["ch03a-input-share-mean"]] <- 100 * mean(input_share("china_2007_42", sectors$sector[K]))
published[["ch03a-input-share-mean/lo"]] <- 100 * mean(input_share("china_2002_42", sectors$sector[K]))
published[["ch03a-input-share-mean/hi"]] <- 100 * mean(input_share("china_2005_42", sectors$sector[K]))

# Ningbo's multipliers by SLQ and FLQ: every pair of services in every table, against the nation.
section <- sectors$section_gbt4754
by_section <- function(A) { # coefficients of the sections
  Z <- sweep(A, 2, t$x, "*")
  sweep(rowsum(t(rowsum(t(Z), section)), section), 2, rowsum(t$x, section)[, 1], "/")
}
bases <- list(by_section(t$Ad), by_section(t$A))
codes <- rownames(bases[[1]])
ningbo <- read_table("employment/ningbo_sections")
ningbo <- ningbo[match(codes, ningbo$section), ]
nation <- read_table("employment/china_industries")
nation <- nation[match(codes, nation$section_gbt4754_2002), ]
serving <- codes %in% LETTERS[6:19]
orders <- function(A) {
  m <- colSums(inverse(A))[serving]
  sign(outer(m, m, "-"))[upper.tri(diag(sum(serving)))]
}
all_orders <- function(delta) { # delta NA: SLQ
  found <- NULL
  for (A in bases) for (year in 2006:2008) for (factor in c(0.5, 1, 2)) for (d in delta) {
    r <- ningbo[[paste0("employed_10k_", year)]]
    N <- nation[[paste0("employed_10k_", year)]] * ifelse(codes == "O", factor, 1)
    slq <- (r / sum(r)) / (N / sum(N))
    q <- matrix(slq, length(slq), length(slq))
    if (!is.na(d)) {
      q <- outer(slq, slq, "/")
      diag(q) <- slq
      q <- q * log2(1 + sum(r) / sum(N))^d
    }
    found <- rbind(found, orders(A * pmin(q, 1)))
  }
  found
}
in_nation <- orders(bases[[1]])
for (method in c("slq", "flq")) {
  found <- all_orders(if (method == "slq") NA else c(0.2, 0.25, 0.3))
  same <- apply(found, 2, function(x) all(x == x[1]))
  published[[sprintf("ch03a-ningbo-%s-settled", method)]] <- sum(same)
  against <- sum(same & found[1, ] != in_nation)
  if (method == "slq") published[["ch03a-ningbo-slq-as-nation"]] <- sum(same) - against else published[["ch03a-ningbo-flq-other"]] <- against
}

write_reference("service_impact", values = values, published = published, tolerances = tolerances, reasons = reasons)
