# Report 1: sums, shares, growth, export dependence and averages, from the tables in data/.
# `values` are compared with the code, `published` with the numbers and verdicts of the built book: a key
# there is the number's id, or the claim's id and basis; /lo and /hi are the ends of its interval.

source("lib/reference.R")

table1 <- read_table("printed/01/table1_exports")
table2 <- read_table("printed/01/table2_price_indices")
exporters <- read_table("printed/01/exporting_clusters")
china <- read_table("macro/china_exports")
gdp <- read_table("macro/zhejiang_gdp")
by_origin <- read_table("macro/zhejiang_exports")
rates <- read_table("macro/exchange_rates")
provinces <- read_table("macro/provinces_first_print")
revised <- read_table("macro/five_provinces_revised")
press <- read_table("macro/zhejiang_trade_press")

values <- list()
published <- list()

# Table 1 ------------------------------------------------------------------------------------------

goods <- c("machinery_electronics_10k_usd", "garments_10k_usd", "textiles_10k_usd")
sums <- setNames(rowSums(table1[goods]), table1$year)
shares <- 100 * sums / table1$exports_10k_usd
values[paste0("table1.sum.", names(sums))] <- sums
values[paste0("table1.share.", names(shares))] <- shares
published[sprintf("ch01-t1-top3-%s-internal", names(sums))] <- sums
published[sprintf("ch01-t1-share-%s-internal", names(shares))] <- shares
published[["ch01-share-2004"]] <- shares[["2004"]]
published[["ch01-share-change-2004"]] <- shares[["2003"]] - shares[["2004"]]

series_growth <- function(years, levels, start, end) {
  growth(levels[years == start], levels[years == end], end - start)
}
spans <- list(c(2000, 2005), c(2000, 2001), c(2001, 2005))
for (span in spans) {
  for (column in c("exports_10k_usd", goods)) {
    values[[sprintf("growth.%s.%d.%d", column, span[1], span[2])]] <-
      series_growth(table1$year, table1[[column]], span[1], span[2])
  }
  values[[sprintf("growth.china.%d.%d", span[1], span[2])]] <-
    series_growth(china$year, china$exports_100m_usd, span[1], span[2])
}
published[["ch01-growth-exports"]] <- values[["growth.exports_10k_usd.2000.2005"]]
published[["ch01-growth-china"]] <- values[["growth.china.2000.2005"]]
published[["ch01-growth-machinery"]] <- values[["growth.machinery_electronics_10k_usd.2000.2005"]]
published[["ch01-growth-garments"]] <- values[["growth.garments_10k_usd.2000.2005"]]

press_2004 <- press$value[press$year == 2004 & press$item == "exports"]
published[["ch01-press-exports-gap"]] <-
  100 * abs(table1$exports_10k_usd[table1$year == 2004] / 1e4 / press_2004 - 1)

# Table 2 ------------------------------------------------------------------------------------------

half <- 0.005 # two printed decimals
values[paste0("prices.1995.2004.", table2$good)] <- growth(1, table2$index_2004, 9)
values[paste0("prices.2002.2004.", table2$good)] <- growth(table2$index_2002, table2$index_2004, 2)
lo <- growth(table2$index_2002 + half, table2$index_2004 - half, 2)
hi <- growth(table2$index_2002 - half, table2$index_2004 + half, 2)
values[paste0("prices.lo.", table2$good)] <- lo
values[paste0("prices.hi.", table2$good)] <- hi
published[["ch01-prices-goods"]] <- nrow(table2)
published[["ch01-prices-below-1995"]] <- sum(table2$index_2004 < 1)
published[["ch01-prices-recovered"]] <- sum(lo > 0)
published[["ch01-prices-fell"]] <- sum(hi < 0)
published[["ch01-prices-mean-2002"]] <- prod(table2$index_2002)^(1 / nrow(table2))
published[["ch01-prices-mean-2004"]] <- prod(table2$index_2004)^(1 / nrow(table2))

# Clusters: figures of the text, pages 1 to 3, which stand in data/claims/ch01.yml ------------------

clusters <- c("1997" = 306, "2001" = 519, "2004" = 601)
output <- c("1997" = 2664, "2001" = 5993, "2004" = 15826)
values[paste0("clusters.mean.", names(clusters))] <- output / clusters
published[sprintf("ch01-mean-%s-internal", names(clusters))] <- output / clusters
published[["ch01-industries-share-internal"]] <- 100 * 8472 / output[["2004"]]
published[["ch01-exporters-listed"]] <- sum(exporters$exports_100m_yuan)
published[["ch01-exporters-share"]] <- 100 * sum(exporters$exports_100m_yuan) / 2901

# Exports over GDP ---------------------------------------------------------------------------------

exchange <- list(
  "yearbook" = setNames(rates$yearbook_yuan_per_100_usd / 100, rates$year),
  "Federal Reserve" = setNames(rates$fed_yuan_per_usd, rates$year),
  "World Bank" = setNames(rates$wdi_yuan_per_usd, rates$year)
)
exports <- list( # 100 million USD
  "trading firm" = setNames(table1$exports_10k_usd / 1e4, table1$year),
  "place of origin" = setNames(by_origin$exports_by_origin_10k_usd / 1e4, by_origin$year)
)
vintages <- split(setNames(gdp$gdp_100m_yuan, gdp$year), factor(gdp$vintage, unique(gdp$vintage)))

# NA where a series has no figure for the year.
dependence <- function(series, vintage, rate, years) {
  at <- function(x) unname(x[as.character(years)])
  100 * at(exports[[series]]) * at(exchange[[rate]]) / at(vintages[[vintage]])
}

combinations <- expand.grid(
  series = names(exports), vintage = names(vintages), rate = names(exchange), stringsAsFactors = FALSE
)
combinations$key <- with(combinations, paste(series, vintage, rate, sep = "|"))
years <- 1998:2010
all_years <- mapply(dependence, combinations$series, combinations$vintage, combinations$rate, MoreArgs = list(years))
dimnames(all_years) <- list(years, combinations$key)
in_2005 <- na.omit(all_years["2005", ])
values[paste0("dependence.2005.", names(in_2005))] <- in_2005

# The combination that prints the report's 46.83 has to be the only one.
report <- "trading firm|first_print|Federal Reserve"
stopifnot(identical(names(in_2005)[round(in_2005, 2) == 46.83], report))
origin <- "place of origin|census_revised|Federal Reserve"
for (key in c(report, origin)) {
  path <- na.omit(all_years[, key])
  values[sprintf("dependence.%s.%s", names(path), key)] <- path
}

with_interval <- function(id, value, all) {
  c(setNames(value, id), setNames(range(all, na.rm = TRUE), paste0(id, c("/lo", "/hi"))))
}
rise <- function(start, end) (all_years[as.character(end), ] - all_years[as.character(start), ]) / (end - start)
steps <- diff(all_years[as.character(2001:2005), report])
nineties <- na.omit(as.vector(all_years[c("1998", "1999"), ]))
peak <- na.omit(all_years[, origin])
published <- c(
  published,
  with_interval("ch01-dependence-range-2005", in_2005[[report]], in_2005),
  with_interval("ch01-dependence-rise", rise(2001, 2005)[[report]], rise(2001, 2005)),
  with_interval("ch01-dependence-rise-2000", rise(2000, 2005)[[report]], rise(2000, 2005)),
  with_interval("ch01-dependence-1998-99", mean(nineties), nineties)
)
published[["ch01-dependence-2005-official"]] <- in_2005[[report]]
published[["ch01-dependence-rise-official"]] <- rise(2001, 2005)[[report]]
published[["ch01-dependence-combinations"]] <- length(in_2005)
published[["ch01-dependence-step-least"]] <- min(steps)
published[["ch01-dependence-step-most"]] <- max(steps)
published[["ch01-dependence-step-2005"]] <- diff(all_years[c("2004", "2005"), report])
published[["ch01-dependence-step-2005-revised"]] <-
  diff(all_years[c("2004", "2005"), "trading firm|census_revised|Federal Reserve"])
published[["ch01-dependence-peak"]] <- max(peak)
published[["ch01-dependence-2009"]] <- peak[["2009"]]

# Cluster exports of 2004, in 100 million yuan, over exports of 2004 and, as printed, of 2005 --------

fed <- exchange[["Federal Reserve"]]
for (series in names(exports)) {
  for (year in c("2004", "2005")) {
    values[[sprintf("cluster_share.%s.%s", year, series)]] <-
      100 * 2901 / (exports[[series]][[year]] * fed[[year]])
  }
}
published[["ch01-cluster-exports-share-internal"]] <- values[["cluster_share.2004.trading firm"]]
published[["ch01-cluster-exports-share-official"]] <- values[["cluster_share.2004.place of origin"]]
published[["ch01-cluster-share-origin"]] <- values[["cluster_share.2004.place of origin"]]
corners <- 100 * outer(2901 + c(-0.5, 0.5), 46.10 + c(-0.005, 0.005), "/")
published <- c(published, with_interval("ch01-cluster-share-denominator", 100 * 2901 / 46.10, corners))
for (year in c("2004", "2005")) {
  published[[paste0("ch01-exports-yuan-", year)]] <- exports[["trading firm"]][[year]] * fed[[year]]
}
published[["ch01-prices-currency"]] <- 100 * (fed[["2004"]] / fed[["1995"]] - 1)

# Exports of 2006 by trading firm, from the ratios of the two series in 2000 to 2005.
common <- names(exports[["trading firm"]])
ratio <- exports[["place of origin"]][common] / exports[["trading firm"]]
billion_2006 <- exports[["place of origin"]][["2006"]] / 10
published[["ch01-exports-2006-origin"]] <- billion_2006
published <- c(published, with_interval("ch01-exports-2006-firm", billion_2006 / mean(ratio), billion_2006 / ratio))

# Export dependence of 2005 by each definition of exports: first print of GDP; interval: vintages and rates.
combinations <- values[startsWith(names(values), "dependence.2005.")]
for (slug in c("firm", "origin")) {
  series <- c(firm = "trading firm", origin = "place of origin")[[slug]]
  all <- unlist(combinations[startsWith(names(combinations), paste0("dependence.2005.", series))])
  middle <- all[[paste0("dependence.2005.", series, "|first_print|Federal Reserve")]]
  published <- c(published, with_interval(sprintf("ch01-dependence-%s-2005", slug), middle, all))
}

# GDP per head in 2005, USD ------------------------------------------------------------------------

first_2005 <- subset(provinces, year == 2005)
per_head <- setNames(1e4 * first_2005$gdp_100m_yuan / first_2005$population_10k / fed[["2005"]], first_2005$province_code)
values[paste0("per_head.2005.", names(per_head))] <- per_head
# The report compares provinces; Beijing, Tianjin, Shanghai and Chongqing are municipalities.
others <- sort(per_head[!names(per_head) %in% c("110000", "120000", "310000", "500000")], decreasing = TRUE)
published[["ch01-per-head-zhejiang"]] <- others[["330000"]]
published[["ch01-per-head-second"]] <- others[[2]]
published[["ch01-gdp-per-head-official"]] <- others[["330000"]]
published[["ch01-gdp-per-head-first-official"]] <- which(names(others) == "330000")

jiangsu <- subset(revised, province_code == 320000)
published[["ch01-per-head-second-revised"]] <- 1e4 * jiangsu$gdp_100m_yuan[jiangsu$year == 2005] /
  mean(jiangsu$population_10k[jiangsu$year %in% c(2004, 2005)]) / fed[["2005"]]

write_reference("growth", values = values, published = published)
