# Ningbo's services: indices of structural change, location quotients by contingency tables, real growth and targets, in
# base R. Run by recreate.py.

source("lib/reference.R")

values <- list()
published <- list()

# Structure ----------------------------------------------------------------------------------------

yearbook <- read_table("ningbo/gdp_by_sector")
vintages <- read_table("ningbo/gdp_vintages")
nation <- subset(read_table("macro/china_sectors"), vintage == "post_census")
sectors <- c("primary_100m_yuan", "secondary_100m_yuan", "tertiary_100m_yuan")
levels_of <- function(table, years) {
  x <- as.matrix(table[match(years, table$year), sectors])
  rownames(x) <- years
  x
}
ningbo <- levels_of(yearbook, 1978:2005)
china <- levels_of(nation, 1978:2005)
first <- with(
  subset(vintages, vintage == "panel_gs" & indicator %in% c("primary", "secondary", "tertiary")),
  tapply(value, list(year, indicator), sum)
)

# NAV as half the L1 distance from dist(); Lilien's index as the root of a weighted mean of squared log ratios of shares.
nav <- function(x, from, to) as.numeric(50 * dist(prop.table(x[as.character(c(from, to)), ], 1), "manhattan"))
lilien <- function(x, from, to) {
  s <- prop.table(x[as.character(c(from, to)), ], 1)
  100 * sqrt(weighted.mean(log(s[2, ] / s[1, ])^2, s[2, ]))
}
for (pair in c(Map(c, 1978:2004, 1979:2005), list(c(1978, 2005)))) {
  values[[sprintf("nav.%d.%d", pair[1], pair[2])]] <- nav(ningbo, pair[1], pair[2])
  values[[sprintf("lilien.%d.%d", pair[1], pair[2])]] <- lilien(ningbo, pair[1], pair[2])
}
published[["ch03-nav-1990"]] <- nav(ningbo, 1990, 1995)
published[["ch03-nav-2000"]] <- nav(ningbo, 2000, 2005)
published[["ch03-nav-china-1990"]] <- nav(china, 1990, 1995)
published[["ch03-nav-china-2000"]] <- nav(china, 2000, 2005)
published[["ch03-nav-2004"]] <- nav(ningbo, 2000, 2004)
published[["ch03-nav-2004/lo"]] <- nav(first, 2000, 2004)
published[["ch03-nav-joined"]] <- nav(first, 2000, 2005)
published[["ch03-nav-net"]] <- nav(ningbo, 1978, 2005)
yearly <- sapply(1979:2005, function(y) nav(ningbo, y - 1, y) - nav(china, y - 1, y))
published[["ch03-nav-gross"]] <- sum(sapply(1979:2005, function(y) nav(ningbo, y - 1, y)))
published[["ch03-lilien-1990"]] <- lilien(ningbo, 1990, 1995)
published[["ch03-lilien-2000"]] <- lilien(ningbo, 2000, 2005)

# Mean with a Newey-West variance: Bartlett weights, two lags, n / (n - 1).
suppressPackageStartupMessages(library(sandwich))
fit <- lm(yearly ~ 1)
error <- sqrt(NeweyWest(fit, lag = 2, prewhite = FALSE, adjust = TRUE)[1, 1])
published[["ch03-nav-mean"]] <- mean(yearly)
published[["ch03-nav-mean/lo"]] <- mean(yearly) - qt(0.975, 26) * error
published[["ch03-nav-mean/hi"]] <- mean(yearly) + qt(0.975, 26) * error

share <- function(x, year) 100 * prop.table(x[as.character(year), ])[[3]]
published[["ch03-share-1978"]] <- share(ningbo, 1978)
published[["ch03-share-2005"]] <- share(ningbo, 2005)
gap <- sapply(1978:2005, function(y) share(china, y) - share(ningbo, y))
published[["ch03-gap-largest"]] <- max(gap)
published[["ch03-gap-2005"]] <- gap[28]
published[["ch03-jump-within"]] <- share(ningbo, 2005) - share(ningbo, 2004)
published[["ch03-jump-joined"]] <- share(first, 2005) - share(first, 2004)
published[["ch03-jump-census"]] <- 100 * (1 - published[["ch03-jump-within"]] / published[["ch03-jump-joined"]])

# Productivity -------------------------------------------------------------------------------------

jobs <- read_table("employment/ningbo_sections")
jobs <- subset(jobs, section != "TOT")
part <- ifelse(jobs$section == "A", 1, ifelse(jobs$section %in% c("B", "C", "D", "E"), 2, 3))
workers <- rowsum(jobs[c("employed_10k_2006", "employed_10k_2008")], part)
printed_growth <- function(name, y) {
  rows <- vintages$indicator == paste0(name, "_growth") & vintages$year == y & grepl("^(nb_comm|cnnb)", vintages$vintage)
  stopifnot(sum(rows) == 1)
  1 + vintages$value[rows] / 100
}
volume <- sapply(c("primary", "secondary", "tertiary"), function(s) printed_growth(s, 2007) * printed_growth(s, 2008))
rise <- 100 * (volume * workers[[1]] / workers[[2]] - 1)
published[["ch03-productivity-secondary"]] <- rise[["secondary"]]
published[["ch03-productivity-services"]] <- rise[["tertiary"]]
row_2006 <- yearbook[yearbook$year == 2006, ]
base <- c(row_2006$primary_100m_yuan, row_2006$secondary_100m_yuan, 0)
base[3] <- row_2006$gdp_100m_yuan - sum(base)
published[["ch03-productivity-all"]] <- 100 * (sum(base * volume) / sum(workers[[2]]) / (sum(base) / sum(workers[[1]])) - 1)

people <- read_table("employment/census_2010_sections")
tertiary <- people$section %in% LETTERS[6:19]
secondary <- people$section %in% LETTERS[2:5]
y <- function(name) vintages$value[vintages$indicator == name & vintages$vintage == "nb_comm_2010" & vintages$year == 2010]
published[["ch03-productivity-census"]] <- (y("tertiary") / y("secondary")) / (sum(people$ningbo_persons[tertiary]) / sum(people$ningbo_persons[secondary]))

# Location quotients -------------------------------------------------------------------------------

# Observed over expected counts in the table region by industry, with the reference as region and rest.
quotient <- function(region, reference, labels) {
  expected <- suppressWarnings(chisq.test(rbind(region, reference - region))$expected[1, ])
  setNames(region / expected, labels)
}
accounts <- read_table("employment/china_industries")
accounts <- accounts[match(jobs$section, accounts$section_gbt4754_2002), ]
for (year in 2006:2008) {
  column <- paste0("employed_10k_", year)
  lq <- quotient(jobs[[column]], accounts[[column]], jobs$section)
  values[sprintf("lq.%d.%s", year, names(lq))] <- lq
}
published[["ch03-lq-agriculture"]] <- lq[["A"]]
published[["ch03-lq-education-accounts"]] <- lq[["P"]]
published[["ch03-lq-household"]] <- lq[["O"]]
census <- read_table("employment/census_2010_sections")
total <- census[census$section == "TOT", ]
census <- census[census$section != "TOT", ]
province <- quotient(census$ningbo_persons, census$zhejiang_persons, census$section)
values[paste0("lq.census.", names(province))] <- province
published[["ch03-lq-province-low"]] <- min(province[6:19])
published[["ch03-lq-province-high"]] <- max(province[6:19])
rownames(census) <- census$section
for (s in c("C", "M", "P")) {
  id <- c(C = "manufacturing", M = "research", P = "education")[[s]]
  published[[sprintf("ch03-lq-%s-census", id)]] <-
    census[s, "ningbo_persons"] / total$ningbo_persons / (census[s, "china_persons"] / total$china_persons)
}
# Ratio of two proportions to Hangzhou, with a log interval; the total is that of the sections.
n <- colSums(census[c("ningbo_persons", "hangzhou_persons")])
for (s in c("G", "M", "L", "J", "F")) {
  id <- paste0("ch03-lq-hangzhou-", c(G = "information", M = "research", L = "business", J = "finance", F = "transport")[[s]])
  x <- unlist(census[s, c("ningbo_persons", "hangzhou_persons")])
  ratio <- (x[[1]] / n[[1]]) / (x[[2]] / n[[2]])
  width <- exp(1.96 * sqrt(sum(1 / x - 1 / n)))
  published[[id]] <- ratio
  published[[paste0(id, "/lo")]] <- ratio / width
  published[[paste0(id, "/hi")]] <- ratio * width
}

# Value added by service ---------------------------------------------------------------------------

services <- read_table("ningbo/services_value_added")
of <- function(region, service) services$value_added_100m_yuan[services$region_en == region & services$service == service]
in_services <- function(region, service) of(region, service) / of(region, "tertiary")
published[["ch03-va-finance/hi"]] <- in_services("Ningbo", "finance") / in_services("China", "finance")
published[["ch03-va-transport/hi"]] <- in_services("Ningbo", "transport_storage_post") / in_services("Jiangsu", "transport_storage_post")

# Targets ------------------------------------------------------------------------------------------

one <- function(name, source, years) {
  sapply(years, function(y) vintages$value[vintages$indicator == name & vintages$vintage == source & vintages$year == y])
}
revised <- prod(one("gdp_index_prev100", "panel_gi", 2006:2010) / 100)
early <- prod(1 + one("gdp_growth", "panel_cy", 2006:2010) / 100)
real <- c(early * 2449.31, revised * 2449.31, revised * 2462.09)
published[["ch03-gdp-real"]] <- real[2]
published[["ch03-gdp-real/lo"]] <- min(real)
published[["ch03-gdp-real/hi"]] <- max(real)
plan <- read_table("ningbo/plan_targets_2010")
target <- function(name) plan$target_2010[plan$indicator == name]
over <- 100 * (real / target("gdp") - 1)
published[paste0("ch03-gdp-real-gap", c("", "/lo", "/hi"))] <- c(over[2], range(over))
of_2010 <- sapply(c("panel_gs", "nb_comm_2010"), function(source) {
  x <- sapply(c("primary", "secondary", "tertiary"), one, source, 2010)
  100 * x[["tertiary"]] / sum(x)
})
published[paste0("ch03-services-2010", c("", "/lo", "/hi"))] <- c(of_2010[["panel_gs"]], range(of_2010))
published[["ch03-services-target"]] <- target("tertiary_share")
published[["ch03-growth-mean/lo"]] <- 100 * (early^(1 / 5) - 1)
published[["ch03-growth-mean/hi"]] <- 100 * (revised^(1 / 5) - 1)
published[["ch03-growth-needed"]] <- growth(2449.31, 4300, 5)
published[["ch03-population-implied"]] <- 1e4 * 4300 / 60000
published[["ch03-urban-2010"]] <- 100 * 5195162 / 7605689

# The census of 2008: what it added to the GDP of 2009 taken out of services, all of it or nothing.
added <- 4329.3 / 4214.6
share_2010 <- c(2059.16 / 5125.82, 2073.18 / 5163)
first_share <- c(share_2010, 1 - (1 - share_2010) * added) # the other sectors keep their value, the total shrinks
published[["ch03-census-2008-gdp"]] <- 100 * (added - 1)
published[["ch03-census-2008-services"]] <- 100 * (1783 / (1783 - 4329.3 + 4214.6) - 1)
published[["ch03-services-early"]] <- 100 * (1 - (1 - min(share_2010)) * added)
published[["ch03-services-early/lo"]] <- 100 * min(first_share)
published[["ch03-services-early/hi"]] <- 100 * max(first_share)
published[["ch03-services-change-early/lo"]] <- 100 * min(first_share) - share(ningbo, 2005)
# Services times k, the rest as it is: solved for the target.
needed <- uniroot(function(k) k * 2073.18 / (5163 + (k - 1) * 2073.18) - 0.43, c(1, 2), tol = 1e-15)$root
published[["ch03-services-needed"]] <- 100 * (needed - 1)

# Port: figures of the press -----------------------------------------------------------------------

published[["ch03-port-growth-1978"]] <- growth(214, 1795.2, 8)
published[["ch03-port-growth-2002"]] <- growth(15600, 38400, 7)
published[["ch03-port-containers-2010"]] <- 1451.2 / 1.116
published[["ch03-port-containers-2005/lo"]] <- 1042.3 / 2.05
published[["ch03-port-containers-2005/hi"]] <- 1042.3 / 1.95

write_reference("services", values = values, published = published)
