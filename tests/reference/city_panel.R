# Panel of cities (chapter 3): dummy regressions with the clustered variances of sandwich, ranks of Ningbo's change, quadratic
# programmes of quadprog for synthetic controls, linear programmes of lpSolve for the bounds over all weights that fit.
source("lib/reference.R")
library(lpSolve)
library(quadprog)
library(sandwich)

cities <- read_table("cities/panel")
cities <- cities[order(cities$city_code, cities$year), ]
values <- list()

# Only rows and columns that need no chaining: income from nominal GDP, no credit.
cities$share <- 100 * cities$gs_tertiary_100m_yuan / cities$gs_gdp_100m_yuan
usable <- cities$gs_misplaced_flag == 0 & cities$gs_components_off_flag == 0
sample <- subset(cities, usable & resident_pop_filled_flag == 0 & year >= 2005 & !is.na(resident_pop_10k) &
  !is.na(fdi_used_m_usd) & fdi_used_m_usd > 0)
sample$size <- log(sample$resident_pop_10k)
sample$income <- log(sample$gs_gdp_100m_yuan) - sample$size
sample$fdi <- log2(sample$fdi_used_m_usd / sample$gs_gdp_100m_yuan)
sample <- sample[ave(sample$year, sample$city_code, FUN = length) > 1, ]
sample$province <- sample$city_code %/% 10000

fit <- lm(share ~ income + size + fdi + factor(city_code) + factor(year), sample)
slopes <- c("income", "size", "fdi")
clusters <- list(city = ~city_code, city_year = ~ city_code + year, province = ~province)
values$n <- nobs(fit)
for (slope in slopes) values[[paste0("estimate.", slope)]] <- coef(fit)[[slope]]
for (kind in names(clusters)) {
  # HC0 without small-sample factors: sums of outer products of the clusters' scores.
  variance <- vcovCL(fit, cluster = clusters[[kind]], type = "HC0", cadjust = FALSE)
  for (slope in slopes) values[[paste("se", kind, slope, sep = ".")]] <- sqrt(variance[slope, slope])
}

# Weights of the synthetic control where they are unique: no more donors than fitted years.
weights <- function(unit, donors, years) {
  wide <- sapply(c(unit, donors), function(code) {
    rows <- cities[cities$city_code == code, ]
    rows$share[match(years, rows$year)]
  })
  x <- wide[, -1]
  y <- wide[, 1]
  k <- length(donors)
  solve.QP(crossprod(x), crossprod(x, y), cbind(rep(1, k), diag(k)), c(1, rep(0, k)), meq = 1)$solution
}
cases <- list(
  delta = list(330200, c(330400, 330500, 330600, 330900, 331000), 2000:2005),
  north = list(330200, c(210100, 210200, 370100, 370200, 610100, 320500), 2000:2009),
  hangzhou = list(330100, c(310000, 320100, 320500, 330200, 330600), 2000:2010)
)
for (case in names(cases)) {
  donors <- cases[[case]][[2]]
  found <- do.call(weights, cases[[case]])
  found[abs(found) < 1e-12] <- 0 # a zero weight, up to rounding
  for (i in seq_along(donors)) values[[paste("weight", case, donors[i], sep = ".")]] <- found[i]
}

# The chapter's panel of 2005-2015: real income chained from growth indices at the level of 2005, loans without what jumps.
published <- list()
by_city <- function(x, f) ave(x, cities$city_code, FUN = f)
chain <- by_city(log(cities$gi_gdp_index_prev100 / 100), function(g) ifelse(is.na(g), NA, cumsum(ifelse(is.na(g), 0, g))))
gap_2005 <- (log(cities$gi_gdp_100m_yuan) - chain)[cities$year == 2005]
real <- chain + gap_2005[match(cities$city_code, cities$city_code[cities$year == 2005])]
percent <- 10 # coefficients of income and size are for so much more
step <- log1p(percent / 100)
published[["ch03-panel-step"]] <- percent
cities$size <- ifelse(cities$resident_pop_filled_flag == 0, log(cities$resident_pop_10k), NA) / step
cities$income <- real / step - cities$size
cities$fdi <- log2(ifelse(is.na(cities$fdi_used_m_usd) | cities$fdi_used_m_usd == 0, NA, cities$fdi_used_m_usd) / cities$gs_gdp_100m_yuan)
credit <- log2(ifelse(is.na(cities$loan_jump_flag) | cities$loan_jump_flag == 1, NA, cities$loans_10k_yuan) / cities$gs_gdp_100m_yuan)
usual <- by_city(credit, function(x) median(x, na.rm = TRUE))
cities$credit <- ifelse(abs(credit - usual) < 3, credit, NA)
columns <- c("income", "size", "fdi", "credit")
main <- subset(cities, usable & year >= 2005)
main <- main[complete.cases(main[, c("share", columns)]), ]
main <- main[ave(main$year, main$city_code, FUN = length) > 1, ]
main$province <- main$city_code %/% 10000
fit <- lm(share ~ income + size + fdi + credit + factor(city_code) + factor(year), main)
half <- sapply(list(c("city_code", "year"), "province"), function(by) {
  variance <- vcovCL(fit, cluster = main[, by, drop = FALSE], type = "HC1") # (n - 1) / (n - K), and G / (G - 1) for each cluster
  least <- min(sapply(by, function(column) length(unique(main[[column]]))))
  sqrt(diag(variance)[columns]) * qt(0.975, least - 1)
})
for (column in columns) {
  value <- coef(fit)[[column]]
  widest <- max(half[column, ])
  id <- paste0("ch03-panel-", column)
  published <- c(published, setNames(list(value, value - widest, value + widest), paste0(id, c("", "/lo", "/hi"))))
}
published[["ch03-panel-rows"]] <- nobs(fit)
# A share that moves by b points for each log point of GDP, at its mean: services grow by 1 + b / mean for each percent.
for (end in c("", "/lo", "/hi")) {
  published[[paste0("ch03-panel-elasticity", end)]] <- 1 + published[[paste0("ch03-panel-income", end)]] / step / mean(main$share)
}

# The same with GDP taken out of one side after the other: estimate and the wider interval for one column.
put <- function(id, outcome, columns, column, from = 2005, to = 2015, effects = "city_code") {
  rows <- subset(cities, usable & year >= from & year <= to)
  rows <- rows[complete.cases(rows[, c(outcome, columns)]), ]
  rows$entity <- rows[[effects]]
  rows <- rows[ave(rows$year, rows$entity, FUN = length) > 1, ]
  rows$province <- rows$city_code %/% 10000
  # Effects are taken out by projection on dummies, which leaves estimates and residuals as they are.
  dummies <- qr(model.matrix(~ factor(entity) + factor(year), rows))
  within <- as.data.frame(qr.resid(dummies, as.matrix(rows[, c(outcome, columns)])))
  within_fit <- lm(reformulate(columns, outcome, intercept = FALSE), within)
  # Effects are counted as in a connected panel, also where those of a city change between years.
  counted <- length(unique(rows$entity)) + length(unique(rows$year)) - 1 + length(columns)
  lost <- (nobs(within_fit) - 1) / (nobs(within_fit) - counted)
  half <- sapply(list(c("city_code", "year"), "province"), function(by) {
    variance <- lost * vcovCL(within_fit, cluster = rows[, by, drop = FALSE], type = "HC0")
    least <- min(sapply(by, function(one) length(unique(rows[[one]]))))
    sqrt(diag(variance)[[column]]) * qt(0.975, least - 1)
  })
  value <- coef(within_fit)[[column]]
  published <<- c(published, setNames(list(value, value - max(half), value + max(half)), paste0("ch03-panel-", id, c("", "/lo", "/hi"))))
}
residents <- cities$size * step / log(2)
cities$fdi_head <- cities$fdi + log2(cities$gs_gdp_100m_yuan) - residents
cities$credit_head <- cities$credit + log2(cities$gs_gdp_100m_yuan) - residents
cities$total <- cities$income + cities$size
cities$by_2010 <- paste(cities$city_code, cities$year >= 2010)
cities$services <- 100 * log(cities$gs_tertiary_100m_yuan)
cities$rest <- 100 * log(cities$gs_gdp_100m_yuan - cities$gs_tertiary_100m_yuan)
heads <- c("income", "size", "fdi_head", "credit_head")
put("loans", "share", heads, "credit_head")
put("loans-income", "share", heads, "income")
put("loans-early", "share", heads, "credit_head", to = 2010)
put("loans-late", "share", heads, "credit_head", from = 2010)
put("total", "share", "total", "total")
put("income-2010", "share", columns, "income", effects = "by_2010")
put("credit-services", "services", columns, "credit")
put("credit-rest", "rest", columns, "credit")
put("services-rest", "services", c("rest", "size"), "rest")
published[["ch03-panel-cities"]] <- length(unique(main$city_code))

# Ningbo's change of the services share among all, sub-provincial and delta cities, in both vintages.
for (end in c(2010, 2015)) {
  start_end <- merge(subset(cities, usable & year == 2005), subset(cities, usable & year == end), by = "city_code")
  for (vintage in c("share", "cy_tertiary_pct")) {
    change <- start_end[[paste0(vintage, ".y")]] - start_end[[paste0(vintage, ".x")]]
    groups <- list(all = TRUE, subprovincial = start_end$subprovincial.x == 1, delta = start_end$delta.x == 1)
    own <- change[start_end$city_code == 330200]
    if (vintage == "share") published[[paste0("ch03-after-change-", end)]] <- own
    for (group in names(groups)) {
      among <- change[groups[[group]] & !is.na(change)]
      id <- paste0("ch03-after-", group, "-", end, if (vintage == "cy_tertiary_pct") "-cy")
      published[[paste0(id, "-rank")]] <- sum(among >= own)
      published[[paste0(id, "-cities")]] <- length(among)
      if (vintage == "share") {
        published[[paste0(id, "-median")]] <- median(among)
        published[[paste0(id, "-p")]] <- min(1, 2 * min(mean(among >= own), mean(among <= own)))
      }
    }
  }
}

# Lowest and highest share of a synthetic Ningbo that equals Ningbo from 2000 to 2005.
complete <- cities[usable & (cities$subprovincial == 1 | cities$delta == 1), ]
wide <- tapply(complete$share, list(complete$city_code, complete$year), identity)
wide <- wide[complete.cases(wide), ]
own <- wide["330200", ]
donors <- wide[rownames(wide) != "330200", ]
fitted <- as.character(2000:2005)
constraints <- rbind(t(donors[, fitted]), 1)
for (year in c("2010", "2015")) {
  for (direction in c("min", "max")) {
    found <- lp(direction, donors[, year], constraints, rep("=", 7), c(own[fitted], 1))
    stopifnot(found$status == 0)
    values[[paste("bound", direction, year, sep = ".")]] <- found$objval
  }
}

write_reference("city_panel", values = values, published = published)
