# Report 3, appendix: tables for Ningbo by location quotients, all methods, years and doubts, and the orders of services that hold in every
# one. From the official table of 2007 added up to sections and the workers by section.

source("lib/reference.R")

published <- list()
sectors <- read_table("input_output/sectors_42")
frame <- read_table("input_output/china_2007_42")
cells <- frame[match(sectors$sector, frame$row), ]
add <- function(m) rowsum(as.matrix(m), sectors$section_gbt4754, reorder = FALSE)
uses <- c("rural_household_consumption", "urban_household_consumption", "government_consumption", "gross_fixed_capital_formation", "inventory_change")
Z <- as.matrix(cells[sectors$sector])
domestic <- 1 - cells$imports / (rowSums(Z) + rowSums(cells[uses]))
x <- drop(add(cells["gross_output"]))
by_section <- function(flows) sweep(t(add(t(add(flows)))), 2, x, "/")
A <- list(domestic = by_section(Z * domestic), all = by_section(Z))
sections <- rownames(A$all)
n <- length(sections)
kind <- sectors$service_kind[match(sections, sectors$section_gbt4754)]
services <- sections[!is.na(kind)]
producer <- sections[!is.na(kind) & kind == "producer"]

ningbo <- read_table("employment/ningbo_sections")
china <- read_table("employment/china_industries")
at <- function(table, key, year) setNames(table[[paste0("employed_10k_", year)]][match(sections, table[[key]])], sections)

# The part of each coefficient that the city supplies.
shares <- function(region, nation, method, delta) {
  quotient <- prop.table(region) / prop.table(nation)
  seller <- matrix(quotient, n, n)
  if (method == "SLQ") return(pmin(seller, 1))
  cross <- outer(quotient, quotient, "/")
  diag(cross) <- quotient
  if (method != "CILQ") cross <- cross * log2(1 + sum(region) / sum(nation))^delta
  factor <- if (method == "AFLQ") log2(1 + pmax(quotient, 1)) else rep(1, n)
  sweep(pmin(cross, 1), 2, factor, "*")
}
deltas <- (0:10) / 20
methods <- c(list(list("SLQ", 0), list("CILQ", 0)), lapply(deltas[-1], function(d) list("FLQ", d)), lapply(deltas, function(d) list("AFLQ", d)))
multipliers <- list()
pull <- c()
nation_L <- lapply(A, function(a) solve(diag(n) - a))
nation_pull <- sapply(nation_L, function(L) sum(L[producer, "C"]))
for (goods in names(A)) for (year in 2006:2008) for (factor in c(0.5, 1, 2)) for (m in methods) {
  nation <- at(china, "section_gbt4754_2002", year)
  nation["O"] <- factor * nation["O"]
  local <- A[[goods]] * shares(at(ningbo, "section", year), nation, m[[1]], m[[2]])
  if (any(colSums(local) > colSums(A$all) * (1 + 1e-12))) next # more bought in the city than anywhere
  L <- solve(diag(n) - local)
  key <- paste(goods, year, factor, m[[1]], m[[2]])
  multipliers[[key]] <- colSums(L)[services]
  pull[key] <- 100 * sum(L[producer, "C"]) / nation_pull[[goods]]
}
published[["ch03a-ningbo-models"]] <- length(multipliers)
m <- do.call(rbind, multipliers)
pairs <- combn(services, 2)
signs <- apply(pairs, 2, function(p) {
  difference <- m[, p[1]] - m[, p[2]]
  if (all(difference > 0)) 1 else if (all(difference < 0)) -1 else 0
})
nation_multiplier <- colSums(nation_L$domestic)
nation_sign <- apply(pairs, 2, function(p) sign(nation_multiplier[[p[1]]] - nation_multiplier[[p[2]]]))
published[["ch03a-ningbo-pairs"]] <- ncol(pairs)
published[["ch03a-ningbo-pairs-settled"]] <- sum(signs != 0)
published[["ch03a-ningbo-pairs-as-nation"]] <- sum(signs != 0 & signs == nation_sign)
published[["ch03a-ningbo-pull-nation"]] <- nation_pull[["domestic"]]
published[["ch03a-ningbo-pull-share"]] <- pull[["domestic 2007 1 FLQ 0.25"]]
published[["ch03a-ningbo-pull-share/lo"]] <- min(pull)
published[["ch03a-ningbo-pull-share/hi"]] <- max(pull)

write_reference("regional", values = list(), published = published)
