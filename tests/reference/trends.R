# Report 1: change decomposition, trends and ranks of export dependence. `values` are compared with the code,
# `published` with the built book.

source("lib/reference.R")
library(sandwich)

china_gdp <- read_table("macro/china_gdp")
china <- rbind(read_table("macro/china_exports_1984_1997"), read_table("macro/china_exports"))
rates <- read_table("macro/exchange_rates")
gdp <- read_table("macro/zhejiang_gdp")
by_origin <- read_table("macro/zhejiang_exports")
table1 <- read_table("printed/01/table1_exports")
first <- read_table("macro/provinces_first_print")
revised <- read_table("macro/provinces_gdp_revised")

values <- list()
published <- list()
put <- function(id, x, lo = NULL, hi = NULL) {
  published[[id]] <<- unname(x)
  if (!is.null(lo)) {
    published[[paste0(id, "/lo")]] <<- unname(lo)
    published[[paste0(id, "/hi")]] <<- unname(hi)
  }
}
series <- function(table, column) setNames(table[[column]], table$year)
fed <- series(rates, "fed_yuan_per_usd")
yearbook <- series(rates, "yearbook_yuan_per_100_usd") / 100

# Decomposition of yearly changes ------------------------------------------------------------------

# One step between two years by the logarithmic mean; x, e, y hold the two levels.
step <- function(x, e, y) {
  d <- 100 * x * e / y
  weight <- if (d[1] == d[2]) d[1] else (d[2] - d[1]) / (log(d[2]) - log(d[1]))
  c(exports = weight * log(x[2] / x[1]), rate = weight * log(e[2] / e[1]), gdp = -weight * log(y[2] / y[1]), change = d[2] - d[1])
}
# The same by the mean over the six orders in which the factors can move.
shapley <- function(x, e, y) {
  ratio <- function(at) 100 * x[at[1]] * e[at[2]] / y[at[3]]
  orders <- list(c(1, 2, 3), c(1, 3, 2), c(2, 1, 3), c(2, 3, 1), c(3, 1, 2), c(3, 2, 1))
  total <- c(exports = 0, rate = 0, gdp = 0)
  for (order in orders) {
    at <- c(1, 1, 1)
    for (factor in order) {
      before <- ratio(at)
      at[factor] <- 2
      total[factor] <- total[factor] + (ratio(at) - before) / length(orders)
    }
  }
  total
}
steps <- function(x, e, y, years, one = step) {
  t(sapply(years, function(year) {
    at <- as.character(c(year - 1, year))
    unname(one(unname(x[at]), unname(e[at]), unname(y[at])))
  }))
}
store <- function(prefix, found, years, names) {
  for (i in seq_along(years)) values[paste(prefix, years[i], names, sep = ".")] <<- found[i, ]
}
parts <- c("exports", "rate", "gdp", "change")

china_x <- series(china, "exports_100m_usd")
china_y <- lapply(split(china_gdp, china_gdp$vintage), series, "gdp_100m_yuan")
spans <- list(pre_census = 1985:1998, post_census = 1985:2005)
for (vintage in names(spans)) {
  years <- spans[[vintage]]
  store(paste0("china.", vintage), steps(china_x, fed, china_y[[vintage]], years), years, parts)
  store(paste0("china_shapley.", vintage), steps(china_x, fed, china_y[[vintage]], years, shapley), years, parts[1:3])
}
of_1994 <- sapply(list(fed, yearbook), function(e) sapply(china_y[names(spans)], function(y) {
  found <- steps(china_x, e, y, 1994)
  c(found[4], found[2], 100 * found[2] / found[4])
}))
of_1994 <- cbind(of_1994[1:3, ], of_1994[4:6, ]) # rows: change, rate, part; first vintage, then second
put("ch01-trend-1994-change", of_1994[1, 3], min(of_1994[1, ]), max(of_1994[1, ]))
put("ch01-trend-1994-rate", of_1994[2, 3], min(of_1994[2, ]), max(of_1994[2, ]))
orders_1994 <- sapply(list(fed, yearbook), function(e) sapply(china_y[names(spans)], function(y) {
  100 * steps(china_x, e, y, 1994, shapley)[2] / steps(china_x, e, y, 1994)[4]
}))
put("ch01-trend-1994-part", of_1994[3, 3], min(of_1994[3, ], orders_1994), max(of_1994[3, ], orders_1994))
half <- fed
half[["1993"]] <- (fed[["1993"]] + fed[["1994"]]) / 2
put("ch01-trend-1994-rate-half", steps(china_x, half, china_y$post_census, 1994)[2])
nation <- steps(china_x, fed, china_y$post_census, 1985:2005)
put("ch01-trend-1994-exports", nation[10, 1])
put("ch01-trend-1994-gdp", nation[10, 3])
put("ch01-trend-decade-change", sum(nation[1:10, 4]))
put("ch01-trend-decade-rate", sum(nation[1:10, 2]))
put("ch01-trend-after-change", sum(nation[11:21, 4]))
put("ch01-trend-after-rate", abs(sum(nation[11:21, 2])))

zhejiang_y <- lapply(split(gdp, gdp$vintage), series, "gdp_100m_yuan")
origin <- series(by_origin, "exports_by_origin_10k_usd") / 1e4
firm <- series(table1, "exports_10k_usd") / 1e4
latest <- steps(origin, fed, zhejiang_y$census2018_revised, 1999:2010)
dimnames(latest) <- list(1999:2010, parts)
store("origin.census2018_revised", latest, 1999:2010, parts)
store("origin.census_revised", steps(origin, fed, zhejiang_y$census_revised, 2001:2010), 2001:2010, parts)
store("firm.first_print", steps(firm, fed, zhejiang_y$first_print, 2001:2005), 2001:2005, parts)

ahead <- function(y, years) {
  later <- as.character(years)
  earlier <- as.character(years - 1)
  setNames(100 * (log(origin[later] / origin[earlier]) - log(y[later] / y[earlier])), later)
}
by_vintage <- list(
  ahead(zhejiang_y$census2018_revised, 1999:2010), ahead(zhejiang_y$first_print, c(1999:2005, 2008:2010)),
  ahead(zhejiang_y$census_revised, 2001:2010)
)
in_2000 <- unlist(lapply(by_vintage[1:2], `[`, "2000"))
put("ch01-trend-jump", in_2000[[1]], min(in_2000), max(in_2000))
others <- unlist(lapply(by_vintage, function(x) max(x[names(x) != "2000"])))
put("ch01-trend-jump-next", others[[1]], min(others), max(others))
put("ch01-trend-jump-points", latest["2000", "change"])
put("ch01-trend-largest-points", max(latest[, "change"]))
put("ch01-trend-appreciation", -sum(latest[c("2006", "2007", "2008"), "rate"]))
put("ch01-trend-appreciation-net", sum(latest[c("2006", "2007", "2008"), "change"]))
put("ch01-trend-crisis", -latest["2009", "change"])

# Zhejiang: piecewise trend and increments ---------------------------------------------------------

ratio <- list(
  census2018_revised = 100 * origin * fed[names(origin)] / zhejiang_y$census2018_revised[names(origin)],
  first_print = 100 * origin * fed[names(origin)] / zhejiang_y$first_print[names(origin)]
)
ratio$first_print <- ratio$first_print[!is.na(ratio$first_print)]
knot_sets <- list(c(2001, 2008), c(2001, 2007))
for (vintage in names(ratio)) {
  for (knots in knot_sets) {
    year <- as.numeric(names(ratio[[vintage]]))
    # One regressor a segment: years spent in it, so that the coefficients are the slopes themselves.
    edges <- c(min(year), knots, max(year))
    spent <- sapply(1:3, function(i) pmin(pmax(year - edges[i], 0), edges[i + 1] - edges[i]))
    fit <- lm(ratio[[vintage]] ~ spent)
    if (vintage == "census2018_revised" && knots[2] == 2008) put("ch01-trend-leverage", hatvalues(fit)[["2010"]])
    for (kind in c("HC3", "const")) {
      covariance <- vcovHC(fit, type = kind)
      contrasts <- rbind(c(0, 1, 0, 0), c(0, 0, 1, 0), c(0, 0, 0, 1), c(0, -1, 1, 0), c(0, 0, -1, 1))
      estimate <- drop(contrasts %*% coef(fit))
      se <- sqrt(diag(contrasts %*% covariance %*% t(contrasts)))
      reach <- qt(0.975, fit$df.residual) * se
      name <- c("slope.1", "slope.2", "slope.3", "change.1", "change.2")
      prefix <- paste("piecewise", vintage, knots[2], kind, name, sep = ".")
      values[paste0(prefix, ".estimate")] <- estimate
      values[paste0(prefix, ".lo")] <- estimate - reach
      values[paste0(prefix, ".hi")] <- estimate + reach
      if (vintage == "census2018_revised" && kind == "HC3") {
        if (knots[2] == 2008) put("ch01-trend-change-2001", estimate[4], estimate[4] - reach[4], estimate[4] + reach[4])
        put(paste0("ch01-trend-change-", knots[2]), estimate[5], estimate[5] - reach[5], estimate[5] + reach[5])
      }
      if (vintage == "census2018_revised" && kind == "const" && knots[2] == 2008) {
        put("ch01-trend-change-2008-classical", estimate[5], estimate[5] - reach[5], estimate[5] + reach[5])
      }
    }
  }
}

# Two-sided p-value by enumeration: twice the smaller one-sided one.
permutation <- function(increments, group) {
  inside <- names(increments) %in% group
  sets <- combn(length(increments), sum(inside))
  difference <- function(x, chosen) mean(x[chosen]) - mean(x[-chosen])
  observed <- difference(increments, which(inside))
  all <- apply(sets, 2, function(s) difference(increments, s))
  c(difference = observed, p = min(1, 2 * min(mean(all >= observed - 1e-9), mean(all <= observed + 1e-9))), n = ncol(sets))
}
increments <- diff(ratio$census2018_revised)
groups <- list(
  accession = list(1999:2007, 2002:2007), accession_all = list(1999:2010, 2002:2010),
  crisis = list(2002:2010, 2009:2010), crisis_2008 = list(2002:2010, 2008:2010)
)
for (name in names(groups)) {
  years <- as.character(groups[[name]][[1]])
  found <- permutation(increments[years], as.character(groups[[name]][[2]]))
  values[paste("increments", name, names(found), sep = ".")] <- found
}

# Provinces: slopes and ranks ----------------------------------------------------------------------

wide <- function(table, column) {
  found <- tapply(table[[column]], list(table$year, table$province_code), identity)
  found[, as.character(sort(unique(first$province_code)))]
}
exports <- wide(first, "exports_by_origin_10k_usd") / 1e4
denominators <- c(
  list(first_print = wide(first, "gdp_100m_yuan")),
  lapply(split(revised, revised$vintage), wide, "gdp_100m_yuan")
)
dependence <- lapply(denominators, function(y) {
  years <- intersect(rownames(exports), rownames(y))
  found <- 100 * exports[years, ] * fed[years] / y[years, ]
  found[rowSums(is.na(found)) == 0, ]
})
samples <- list(
  c("first_print", 2001, 2005), c("first_print", 2001, 2004), c("census2018_revised", 2001, 2005), c("census_revised", 2002, 2005),
  c("first_print", 1998, 2010), c("census2018_revised", 1998, 2010), c("census_revised", 2002, 2010)
)
slope_of <- function(y, year, kind, level) {
  if (kind == "levels") {
    fit <- lm(y ~ year)
    c(coef(fit)[[2]], confint(fit, 2, level))
  } else {
    gap <- diff(year)
    fit <- lm(diff(y) ~ 0 + gap, weights = 1 / gap)
    c(coef(fit)[[1]], confint(fit, 1, level))
  }
}
for (sample in samples) {
  panel <- dependence[[sample[1]]]
  year <- as.numeric(rownames(panel))
  keep <- year >= as.numeric(sample[2]) & year <= as.numeric(sample[3])
  panel <- panel[keep, ]
  year <- year[keep]
  for (kind in c("levels", "changes")) {
    prefix <- paste("rank", sample[1], sample[2], sample[3], kind, sep = ".")
    own <- slope_of(panel[, "330000"], year, kind, 0.95)
    values[paste(prefix, c("slope", "lo", "hi"), sep = ".")] <- own
    others <- panel[, colnames(panel) != "330000"]
    found <- apply(others, 2, function(y) slope_of(panel[, "330000"] - y, year, kind, 1 - 0.05 / ncol(others)))
    ranks <- c(1 + sum(found[1, ] < 0), 1 + sum(found[3, ] < 0), ncol(panel) - sum(found[2, ] > 0))
    values[paste(prefix, c("rank", "rank_lo", "rank_hi"), sep = ".")] <- ranks
    if (sample[1] == "census2018_revised") {
      suffix <- paste0(sample[2], if (kind == "changes") "-changes" else "")
      put(paste0("ch01-trend-slope-", suffix), own[1], own[2], own[3])
      put(paste0("ch01-trend-rank-", suffix), ranks[1], ranks[2], ranks[3])
    }
  }
}

# Zhejiang's lead: exports over GDP, less the same of the other provinces together or of the median province ------------

lead_of <- function(vintage, years) {
  rows <- as.character(years)
  x <- exports[rows, ]
  y <- denominators[[vintage]][rows, colnames(x)]
  ahead <- function(a, b) 100 * diff(log(a) - log(b))
  here <- colnames(x) == "330000"
  own <- ahead(x[, here], y[, here])
  rest <- ahead(rowSums(x[, !here]), rowSums(y[, !here]))
  each <- apply(log(x[, !here]) - log(y[, !here]), 2, function(s) 100 * diff(s))
  data.frame(rest = rest, lead = own - rest, median = own - apply(each, 1, median), row.names = rows[-1])
}
lead <- lead_of("census2018_revised", 1998:2008)
lead_first <- lead_of("first_print", 1998:2004)
in_2000 <- rbind(lead["2000", ], lead_first["2000", ])
put("ch01-trend-jump-others", in_2000$rest[1], min(in_2000$rest), max(in_2000$rest))
put("ch01-trend-jump-own", in_2000$lead[1], min(in_2000$lead), max(in_2000$lead))
spans <- list(before = as.character(1999:2001), after = as.character(2002:2008))
for (span in names(spans)) {
  put(paste0("ch01-trend-lead-", span), mean(lead[spans[[span]], "lead"]))
  put(paste0("ch01-trend-lead-median-", span), mean(lead[spans[[span]], "median"]))
  put(paste0("ch01-trend-lead-first-", span), mean(lead_first[intersect(spans[[span]], rownames(lead_first)), "lead"]))
}
compared <- permutation(setNames(lead$lead, rownames(lead)), spans$after)
put("ch01-trend-lead-difference", compared[["difference"]])
put("ch01-trend-lead-p", compared[["p"]])
put("ch01-trend-lead-smallest", 2 / compared[["n"]])

write_reference("trends", values = values, published = published)
