# Zhejiang's tobacco commerce: the chain of levels, the parts of growth, Engel curves by weighted least squares with sandwich,
# the closed form of the sensitivity indices, taxes and aims. Run by recreate.py.

source("lib/reference.R")
library(sandwich)

values <- list()
published <- list()
tolerances <- list()
reasons <- list()

# Accounts -----------------------------------------------------------------------------------------

accounts <- read_table("tobacco/monopoly_accounts")
sticks <- c("10k cases" = 5e8, "million cases" = 5e10, "billion sticks" = 1e9, "trillion sticks" = 1e12, "billion packs" = 2e10)
yuan <- c("100m yuan" = 1e8, "billion yuan" = 1e9, "trillion yuan" = 1e12)
stated <- function(indicator, year, period = "year", source = NULL) {
  row <- accounts[accounts$indicator == indicator & accounts$year == year & accounts$period == period, ]
  if (!is.null(source)) row <- row[row$source == source, ]
  stopifnot(nrow(row) == 1)
  row
}
level <- function(...) { # sticks or yuan
  row <- stated(...)
  row$value * c(sticks, yuan)[[row$unit]]
}
for (year in c(1998, 2000, 2004)) {
  values[[sprintf("sales.%d", year)]] <- level("cigarette_sales", year) / sticks[["10k cases"]]
}
profit_tax <- function(year) level("profit_and_tax", year, source = if (year == 2007) "tc2008") / 1e9
half <- function(year) level("profit_and_tax", year, "first half") / 1e9
implied <- half(2012) / (1 + stated("profit_and_tax", 2012, "first half")$growth_percent / 100)
published[["ch06-scope-part-2011"]] <- 100 * half(2011) / profit_tax(2011)
published[["ch06-scope-chain-part"]] <- 100 * abs(implied / half(2011) - 1)
published[["ch06-scope-growth"]] <- growth(profit_tax(2000), profit_tax(2014), 14)
level_2005 <- profit_tax(2010) / (1 + stated("profit_and_tax_over_2005", 2010, "2006-2010")$value / 100)
published[["ch06-scope-2005"]] <- level_2005

# LMDI: two ends as one step; real profit and tax = cases * per case / prices ----------------------

cpi <- read_table("macro/china_price_indices")
span <- function(indicator, start, end) {
  q <- c(level(indicator, start), level(indicator, end)) / sticks[["10k cases"]]
  t <- c(profit_tax(start), profit_tax(end))
  prices <- prod(cpi$consumer_prices_previous_year_100[cpi$year > start & cpi$year <= end] / 100)
  real <- t / c(1, prices)
  weight <- diff(real) / diff(log(real))
  c(cases = weight * diff(log(q)), case = weight * diff(log(t / q)), prices = -weight * log(prices), change = diff(real))
}
for (name in c("cigarette_output", "cigarette_sales")) {
  parts <- span(name, 2000, 2004)
  values[paste0("lmdi.", name, ".", names(parts))] <- parts
}
part <- function(q, t) 100 * log(q[2] / q[1]) / log(t[2] / t[1])
sold <- c(level("cigarette_sales", 2000), level("cigarette_sales", 2004)) / 1e9
published[["ch06-volume-2000"]] <- part(sold, c(profit_tax(2000), profit_tax(2004)))
to_september <- c("2012" = level("cigarette_sales", 2012, "January-September"), "2013" = level("cigarette_sales", 2013, "January-September")) / 1e9
most <- 2 * to_september[["2012"]] - level("cigarette_sales", 2012, "first half") / 1e9
level_2004 <- level_2005 / (1 + stated("profit_and_tax", 2005)$growth_percent / 100)
published[paste0("ch06-volume-2000", c("/lo", "/hi"))] <- range(sapply(c(profit_tax(2004), level_2004), function(t) part(sold, c(profit_tax(2000), t))))
ends <- outer(c(to_september[["2012"]], most), c(profit_tax(2004), level_2004), Vectorize(function(q, t) part(c(sold[2], q), c(t, profit_tax(2012)))))
published[["ch06-volume-2012-most"]] <- max(ends)
published[["ch06-volume-2012-most/lo"]] <- min(ends)
published[["ch06-volume-2012-most/hi"]] <- max(ends)
prices_2004 <- prod(cpi$consumer_prices_previous_year_100[cpi$year %in% 2001:2004] / 100)
real <- sapply(c(profit_tax(2004), level_2004), function(t) part(sold, c(profit_tax(2000), t / prices_2004)))
published[paste0("ch06-volume-2000-real", c("", "/lo", "/hi"))] <- c(real[1], range(real))
# Prices at which both parts of real growth are equal, by search.
balance <- function(p) part(c(sold[2], most), c(level_2004, profit_tax(2012) / p)) - 50
published[["ch06-volume-prices-needed"]] <- 100 * (uniroot(balance, c(1, 3), tol = 1e-14)$root - 1)
published[["ch06-volume-prices-seen"]] <- 100 * (prod(cpi$consumer_prices_previous_year_100[cpi$year %in% 2005:2008] / 100) - 1)

# Revenue per case ---------------------------------------------------------------------------------

commerce <- read_table("tobacco/provincial_commerce")
early <- with(subset(commerce, place_en == "Zhejiang"), setNames(value, indicator))
rates <- with(subset(commerce, place_en == "Zhejiang"), setNames(growth_percent, indicator))
case_2009 <- 1e4 * early[["cigarette_sales_revenue"]] / early[["cigarette_sales_volume"]]
published[["ch06-zhejiang-case"]] <- case_2009
published[["ch06-volume-zhejiang"]] <- 100 * log1p(rates[["cigarette_sales_volume"]] / 100) / log1p(rates[["cigarette_sales_revenue"]] / 100)
grew <- c(rates[["cigarette_sales_volume"]], rates[["cigarette_sales_revenue"]])
corners <- apply(expand.grid(c(-1, 1), c(-1, 1)), 1, function(s) { # two printed decimals
  logs <- log1p((grew + 0.005 * s) / 100)
  100 * logs[1] / logs[2]
})
published[paste0("ch06-volume-zhejiang", c("/lo", "/hi"))] <- range(corners)
october <- with(subset(accounts, period == "January-October"), setNames(value, indicator))
nation_2008 <- 1e3 * (october[["top20_brands_sales_income"]] / october[["top20_brands_share_of_sales_income"]]) /
  (october[["top20_brands_sales_volume"]] / october[["top20_brands_share_of_output"]])
value_2013 <- level("cigarette_sales_value", 2013, "January-September")
nation_2013 <- value_2013 / (to_september[["2013"]] * 1e9 / 5e4)
nation_2012 <- value_2013 / (1 + stated("cigarette_sales_value", 2013, "January-September")$growth_percent / 100) / (to_september[["2012"]] * 1e9 / 5e4)
published[["ch06-zhejiang-nation-2008"]] <- nation_2008
published[["ch06-zhejiang-nation-2013"]] <- nation_2013
published[["ch06-zhejiang-ratio"]] <- (case_2009 / nation_2012 + case_2009 / nation_2008) / 2
published[["ch06-zhejiang-ratio/lo"]] <- case_2009 / nation_2012
published[["ch06-zhejiang-ratio/hi"]] <- case_2009 / nation_2008
published[["ch06-zhejiang-premium"]] <- 100 * (case_2009 / nation_2012 - 1)
to_june <- level("cigarette_sales", 2012, "first half") / 1e9
season <- function(h) 100 * (half(2012) / h * (2 * to_september[["2012"]] - h) / profit_tax(2012) - 1)
published[paste0("ch06-zhejiang-season", c("", "/lo", "/hi"))] <- c(season(to_june), season(to_june + 5), season(to_june - 5))

# Zhejiang's packs per head beside the nation's
people <- subset(read_table("macro/provinces_first_print"), province_code == 330000)
residents <- setNames(people$population_10k, people$year) * 1e4
everybody <- with(read_table("tobacco/china_population"), setNames(population_10k, year)) * 1e4
nation_packs <- rev(sapply(c(to_september[["2012"]], most), function(q) sold[2]^(3 / 8) * q^(5 / 8) * 1e9 / 20 / everybody[["2005"]]))
early_packs <- early[["cigarette_sales_volume"]] * 1e4 * 2500
pace <- 2 * (to_september[["2012"]] - to_june) / to_june
year_packs <- c(early_packs * (1 + 7 * pace / 5) / residents[["2010"]], early_packs * 12 / 5 / residents[["2008"]])
own_gdp <- with(read_table("macro/zhejiang_gdp"), gdp_100m_yuan[year == 2005 & vintage == "census_revised"]) * 1e8 / residents[["2005"]]
richer <- own_gdp / with(read_table("macro/china_gdp_per_head"), gdp_per_head_yuan[year == 2005])
both_ends <- function(id, x) setNames(c(mean(x), x), paste0(id, c("", "/lo", "/hi")))
published <- c(published, both_ends("ch06-packs-zhejiang-year", year_packs), both_ends("ch06-packs-zhejiang-head", year_packs / nation_packs),
               both_ends("ch06-packs-zhejiang-elasticity", log(year_packs / nation_packs, base = richer)),
               both_ends("ch06-packs-zhejiang-spending", log(year_packs / nation_packs * case_2009 / c(nation_2012, nation_2008), base = richer)))

# Engel curves -------------------------------------------------------------------------------------

shanxi <- read_table("tobacco/shanxi_urban_groups_2012")
average <- shanxi[shanxi$group == "average", ]
groups <- shanxi[!shanxi$group %in% c("average", "poor (part of lowest)"), ]
tilted <- function(k) with(groups, prop.table(households_percent * consumption_yuan^-k))
k <- uniroot(function(k) sum(tilted(k) * groups$consumption_yuan) - average$consumption_yuan, c(-2, 2), tol = 1e-14)$root
groups$persons <- tilted(k)
size <- groups$persons / groups$households_percent
published[["ch06-weights-size"]] <- size[1] / size[nrow(groups)]
interval <- function(fit, name, to = identity, id) {
  b <- coef(fit)[[name]]
  half_width <- qt(0.975, df.residual(fit)) * sqrt(vcovHC(fit, type = "HC3")[name, name])
  setNames(to(c(b, b - half_width, b + half_width)), paste0(id, c("", "/lo", "/hi")))
}
groups$x <- log(groups$consumption_yuan)
double <- function(formula) lm(formula, groups, weights = persons)
published <- c(published, interval(double(log(tobacco_yuan) ~ x), "x", identity, "ch06-engel-tobacco"),
               interval(double(log(liquor_and_drinks_yuan) ~ x), "x", identity, "ch06-engel-liquor"),
               interval(double(log(tobacco_yuan / liquor_and_drinks_yuan) ~ x), "x", identity, "ch06-engel-difference"))
budget <- average$tobacco_yuan / average$consumption_yuan
published <- c(published, interval(double(tobacco_yuan / consumption_yuan ~ x), "x", function(b) 1 + b / budget, "ch06-engel-tobacco-wl"))
groups$d <- groups$x - log(average$consumption_yuan)
published <- c(published, interval(double(log(tobacco_yuan) ~ d + I(d^2)), "I(d^2)", identity, "ch06-engel-curvature"))
pairs <- combn(nrow(groups), 2)
slopes <- (log(groups$tobacco_yuan)[pairs[2, ]] - log(groups$tobacco_yuan)[pairs[1, ]]) / (groups$x[pairs[2, ]] - groups$x[pairs[1, ]])
published[["ch06-engel-sen"]] <- median(slopes)
others <- lm(log(tobacco_yuan) ~ x, groups, subset = group != "highest")
at <- predict(others, groups[groups$group == "highest", ], interval = "prediction")
published[["ch06-engel-top"]] <- 100 * expm1(log(groups$tobacco_yuan[groups$group == "highest"]) - at[, "fit"])
published[["ch06-engel-top-usual/lo"]] <- 100 * expm1(at[, "lwr"] - at[, "fit"])
published[["ch06-engel-top-usual/hi"]] <- 100 * expm1(at[, "upr"] - at[, "fit"])

# Sensitivity in closed form: variances of products of independent inputs ---------------------------

sales_growth <- with(subset(accounts, indicator %in% c("cigarette_sales", "cigarette_sales_growth")), growth_percent[!is.na(growth_percent)])
published[["ch06-design-noise"]] <- sd(sales_growth)
living <- read_table("tobacco/zhejiang_living_standards")
people <- subset(read_table("macro/provinces_first_print"), province_code == 330000)
prices <- 100 * log(cpi$consumer_prices_previous_year_100[cpi$year %in% 2000:2005] / 100)
rural <- living$rural_income_yuan[match(c(1999, 2005), living$year)]
inhabitants <- people$population_10k[match(c(1999, 2004), people$year)]
elasticities <- read_table("tobacco/price_elasticities")
demand <- with(subset(elasticities, kind %in% c("market", "smokers", "assumed")), c(estimate, estimate_other_end))
demand <- demand[!is.na(demand)]
published[paste0("ch06-price-range", c("", "/lo", "/hi"))] <- c(median(demand), range(demand))
eta <- published[["ch06-engel-tobacco"]]
eta_se <- (published[["ch06-engel-tobacco/hi"]] - eta) / qt(0.975, 5)
flat <- function(lo, hi) c((lo + hi) / 2, (hi - lo)^2 / 12)
input <- rbind(
  g = c(100 * log(rural[2] / rural[1]) / 6 - mean(prices), 1.5^2), phi = flat(0.7, 1), eta = c(eta, eta_se^2 * 5 / 3), kappa = flat(0, 1),
  epsilon = flat(min(demand), max(demand)), p = flat(-2, 2), pi = c(mean(prices), var(prices)),
  n = c(100 * log(inhabitants[2] / inhabitants[1]) / 5, 0.5^2), s = flat(-2, 0), u = c(0, var(sales_growth) / 5)
)
m <- input[, 1]
v <- input[, 2]
product <- c("kappa", "eta", "phi", "g")
gap <- m[["p"]] - m[["pi"]]
total <- sum(v[c("n", "s", "u")]) + prod((v + m^2)[product]) - prod((m^2)[product]) +
  (v[["epsilon"]] + m[["epsilon"]]^2) * (v[["p"]] + v[["pi"]] + gap^2) - (m[["epsilon"]] * gap)^2
published[["ch06-sobol-exact-packs"]] <- 100 * v[["kappa"]] * (m[["eta"]] * m[["phi"]] * m[["g"]])^2 / total
published[["ch06-sobol-exact-price"]] <- 100 * v[["epsilon"]] * gap^2 / total

# The forecast, by other random numbers; the book has 20000 draws.
set.seed(1)
size <- 200000
sd_of <- function(name) sqrt(v[[name]])
draw <- list(
  g = rnorm(size, m[["g"]], sd_of("g")), phi = runif(size, 0.7, 1), eta = eta + eta_se * rt(size, 5), kappa = runif(size),
  epsilon = runif(size, min(demand), max(demand)), p = runif(size, -2, 2), pi = rnorm(size, m[["pi"]], sd_of("pi")),
  n = rnorm(size, m[["n"]], sd_of("n")), s = runif(size, -2, 0)
)
yearly <- with(draw, n + s + kappa * eta * phi * g + epsilon * (p - pi))
in_2010 <- 100 * exp((5 * yearly + rnorm(size, 0, sd(sales_growth) * sqrt(5))) / 100)
for (end in list(list("", 0.5), list("/lo", 0.05), list("/hi", 0.95))) {
  key <- paste0("ch06-forecast-volume", end[[1]])
  published[[key]] <- quantile(in_2010, end[[2]], names = FALSE)
  tolerances[[key]] <- percentile_error(in_2010, end[[2]], 20000)
}
case_growth <- with(draw, (1 - kappa) * eta * phi * g + p)
below <- mean(case_growth < 100 * log1p(rates[["revenue_per_case"]] / 100))
published[["ch06-outcome-case"]] <- 100 * below
tolerances[["ch06-outcome-case"]] <- 330 * sqrt(below * (1 - below) * (1 / 20000 + 1 / size)) # exceeded once in a thousand
reasons[c("ch06-forecast-volume", "ch06-outcome-case")] <- "error of 20000 random draws"

# Taxes, aims, surveys -----------------------------------------------------------------------------

published[["ch06-tax-notch-2001"]] <- 50 * (1 - 0.30) / (1 - 0.45)
published[["ch06-tax-notch-2009"]] <- 70 * (1 - 0.36) / (1 - 0.56)
index <- subset(read_table("tobacco/price_indices"), place_en == "Quzhou" & item == "tobacco" & year %in% 2009:2010)
change <- function(d) 100 * (prod((index$previous_year_100 + d) / 100) - 1)
published[paste0("ch06-tax-quzhou", c("", "/lo", "/hi"))] <- c(change(0), change(-0.05), change(0.05))
alone <- subset(read_table("tobacco/price_indices"), item == "tobacco" & households == "all")
for (year in c(2009, 2010)) {
  index <- alone$previous_year_100[alone$year == year & alone$place_en == c("2009" = "Inner Mongolia", "2010" = "Shanxi")[[as.character(year)]]]
  published[[paste0("ch06-tax-other-", year)]] <- 100 * (index / 100 - 1)
}
published[["ch06-tax-full-2009"]] <- 100 * (1 / 0.95 - 1)
full <- (0.95 * case_2009 + 250) / 0.89 / case_2009
published[["ch06-aims-price"]] <- 100 * (full - 1)
left <- full^range(demand)
published[["ch06-aims-volume/lo"]] <- 100 * (left[1] - 1)
published[["ch06-aims-volume/hi"]] <- 100 * (left[2] - 1)
gain <- 1e4 * early[["cigarette_sales_volume"]] * ((0.11 * case_2009 * full + 250) * left - 0.05 * case_2009) / 1e8
published[["ch06-aims-tax-full/lo"]] <- min(gain)
published[["ch06-aims-tax-full/hi"]] <- max(gain)
published <- c(published, both_ends("ch06-aims-state", sort(early[["cigarette_sales_revenue"]] * (full * left - 1))))
published[["ch06-tax-full-retail"]] <- published[["ch06-tax-full-2009"]] / 1.5
published <- c(published, both_ends("ch06-tax-full-producer", 100 * c(0.70 / 0.64 - 1, 0.55 / 0.44 - 1)))
state <- stated("tax", 2009)
rise <- state$value * (1 - 1 / (1 + state$growth_percent / 100))
all_rise <- stated("profit_and_tax", 2009)$rise
published[["ch06-tax-rise-state"]] <- rise
published[["ch06-tax-kept"]] <- 100 * ((profit_tax(2009) - state$value) / (profit_tax(2009) - all_rise - (state$value - rise)) - 1)
wilson <- prop.test(0.341 * 120298, 120298, correct = FALSE)$conf.int
published[["ch06-health-1996/lo"]] <- 100 * wilson[1]
published[["ch06-health-1996/hi"]] <- 100 * wilson[2]
published[["ch06-health-reported"]] <- 316 * 15.2 * 365 / 1e3

write_reference("tobacco", values = values, published = published, tolerances = tolerances, reasons = reasons)
