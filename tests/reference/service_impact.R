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

write_reference("service_impact", values = values, published = published, tolerances = tolerances, reasons = reasons)
