# Yongkang: convergence of prefectures, neighbours and Moran's I (spdep), Conley covariances, the split of energy intensity.
# Run by recreate.py; needs spdep, sandwich, lmtest.

source("lib/reference.R")
suppressPackageStartupMessages({
  library(spdep)
  library(sandwich)
  library(lmtest)
})

values <- list()
published <- list()
tolerances <- list()
reasons <- list()

# Prefectures --------------------------------------------------------------------------------------

panel <- read_table("prefectures/gdp_population")
panel <- panel[order(panel$city_code, panel$year), ]
seats <- read_table("zhejiang_counties/seats")
codes <- sort(unique(panel$city_code))
xy <- as.matrix(seats[match(codes, seats$code), c("longitude_degrees", "latitude_degrees")])
per_registered <- with(panel, tapply(log(gdp_100m_yuan / registered_10k), list(city_code, year), sum))

# Distances by the law of cosines, on the same sphere.
radians <- xy * pi / 180
cosine <- outer(sin(radians[, 2]), sin(radians[, 2])) +
  outer(cos(radians[, 2]), cos(radians[, 2])) * cos(outer(radians[, 1], radians[, 1], "-"))
km <- 6371.0088 * acos(pmin(cosine, 1))
for (i in 2:11) values[[sprintf("km.%d", codes[i])]] <- km[1, i]

for (span in list(c(1997, 2000), c(2000, 2008), c(2008, 2020), c(2000, 2020))) {
  start <- per_registered[, as.character(span[1])]
  end <- per_registered[, as.character(span[2])]
  key <- paste(span, collapse = ".")
  values[[paste0("sigma.ratio.", key)]] <- sd(end) / sd(start)
  values[[paste0("sigma.p.", key)]] <- cor.test(end + start, end - start)$p.value
  # The interval of the ratio: the ratios that the test does not reject, found by search.
  p_at <- function(log_ratio) cor.test(end / exp(log_ratio) + start, end / exp(log_ratio) - start)$p.value - 0.05
  centre <- log(sd(end) / sd(start))
  values[[paste0("sigma.lo.", key)]] <- exp(uniroot(p_at, c(centre - 2, centre - 1e-9), tol = 1e-14)$root)
  values[[paste0("sigma.hi.", key)]] <- exp(uniroot(p_at, c(centre + 1e-9, centre + 2), tol = 1e-14)$root)
  g <- (end - start) / diff(span)
  fit <- lm(g ~ start)
  ci <- coefci(fit, vcov. = vcovHC(fit, "HC3"), df = 9)[2, ]
  values[[paste0("beta.slope.", key)]] <- coef(fit)[[2]]
  values[[paste0("beta.lo.", key)]] <- ci[[1]]
  values[[paste0("beta.hi.", key)]] <- ci[[2]]
  values[[paste0("beta.p.", key)]] <- coeftest(fit, vcov. = vcovHC(fit, "HC3"), df = 9)[2, 4]
  for (k in 2:4) {
    # knearneigh measures on the ellipsoid, the code on a sphere; the neighbours are the same.
    neighbours <- suppressWarnings(knn2nb(knearneigh(xy, k = k, longlat = TRUE)))
    lw <- nb2listw(neighbours, style = "W")
    values[[sprintf("moran.%s.%d", key, k)]] <- moran(g, lw, 11, Szero(lw))$I
    test <- lm.morantest(fit, lw, alternative = "two.sided")
    values[[sprintf("moran.residual.%s.%d", key, k)]] <- test$estimate[[1]]
    values[[sprintf("moran.expected.%s.%d", key, k)]] <- test$estimate[[2]]
    values[[sprintf("moran.variance.%s.%d", key, k)]] <- test$estimate[[3]]
    # Exact for normal errors (Imhof), one-sided.
    exact <- lm.morantest.exact(fit, lw, alternative = "greater")
    values[[sprintf("moran.exact.%s.%d", key, k)]] <- as.numeric(exact$p.value)
  }
}

# log t
levels <- exp(per_registered[, as.character(2000:2020)])
relative <- sweep(levels, 2, colMeans(levels), "/")
H <- colMeans((relative - 1)^2)
t <- seq_along(H)
used <- t >= 0.3 * length(t)
response <- (log(H[1] / H) - 2 * log(log(pmax(t, 2))))[used]
fit <- lm(response ~ log(t[used]))
se <- sqrt(diag(NeweyWest(fit, lag = 2, prewhite = FALSE, adjust = FALSE)))
values[["logt.slope"]] <- coef(fit)[[2]]
values[["logt.t"]] <- coef(fit)[[2]] / se[[2]]
values[["logt.n"]] <- sum(used)

# Conley covariance, term by term, for growth on the start over 2000 to 2020.
start <- per_registered[, "2000"]
g <- (per_registered[, "2020"] - start) / 20
fit <- lm(g ~ start)
X <- model.matrix(fit)
e <- residuals(fit)
for (cutoff in c(1, 100, 200)) {
  meat <- matrix(0, 2, 2)
  for (i in 1:11) for (j in 1:11) {
    meat <- meat + max(1 - km[i, j] / cutoff, 0) * e[i] * e[j] * X[i, ] %o% X[j, ]
  }
  V <- solve(crossprod(X)) %*% meat %*% solve(crossprod(X)) * 11 / 9
  values[[sprintf("conley.%d", cutoff)]] <- sqrt(V[2, 2])
}
values[["hc1"]] <- sqrt(vcovHC(fit, "HC1")[2, 2])

# Energy -------------------------------------------------------------------------------------------

energy <- read_table("energy/provinces")
L <- function(a, b) ifelse(a == b, a, (a - b) / log(a / b))
split_mix <- function(from, to) {
  a <- energy[energy$year == from, ]
  b <- energy[match(a$province_code + 1e6 * to, energy$province_code + 1e6 * energy$year), ]
  w <- L(b$energy_10k_tce / sum(b$energy_10k_tce), a$energy_10k_tce / sum(a$energy_10k_tce))
  w <- w / sum(w)
  share <- function(x) x$gdp_100m_yuan / sum(x$gdp_100m_yuan)
  intensity <- function(x) x$energy_10k_tce / x$gdp_100m_yuan
  c(ratio = sum(w * log(intensity(b) / intensity(a))), mix = sum(w * log(share(b) / share(a))))
}
for (span in list(c(2003, 2012), c(2005, 2010))) {
  parts <- split_mix(span[1], span[2])
  values[paste0("mix.", names(parts), ".", span[1])] <- parts
}
zj <- energy[energy$province_code == 330000 & energy$year %in% c(2005, 2010), ]
E <- zj$energy_10k_tce
P <- zj$population_10k
values[["kaya.population"]] <- L(E[2], E[1]) * log(P[2] / P[1])
values[["kaya.intensity"]] <- L(E[2], E[1]) * log((E[2] / zj$gdp_100m_yuan[2]) / (E[1] / zj$gdp_100m_yuan[1]))

# Published: convergence per head ------------------------------------------------------------------

early <- read_table("zhejiang_counties/census_2010")
late <- read_table("zhejiang_counties/census_2020")
city_panel <- subset(read_table("cities/panel"), city_code %in% codes & year == 2000)
residents <- cbind(
  "2000" = city_panel$resident_pop_10k[match(codes, city_panel$city_code)],
  "2010" = tapply(early$population_persons, early$prefecture_code, sum)[as.character(codes)] / 1e4,
  "2020" = tapply(late$population_persons, late$prefecture_code, sum)[as.character(codes)] / 1e4
)
gdp <- with(panel, tapply(gdp_100m_yuan, list(city_code, year), sum))
per_resident <- log(gdp[, colnames(residents)] / residents)
hc3 <- function(fit, i = 2) c(coef(fit)[[i]], coefci(fit, vcov. = vcovHC(fit, "HC3"), df = fit$df.residual)[i, ])
for (basis in c("registered", "resident")) {
  y <- if (basis == "registered") per_registered else per_resident
  growth_rate <- 100 * (y[, "2020"] - y[, "2000"]) / 20
  published[paste0("ch05-beta-", basis, c("", "/lo", "/hi"))] <- hc3(lm(growth_rate ~ y[, "2000"]))
  # The ratios that the test of equal variances does not reject, found by search.
  ratio <- sd(y[, "2020"]) / sd(y[, "2000"])
  p_at <- function(log_ratio) cor.test(y[, "2020"] / exp(log_ratio) + y[, "2000"], y[, "2020"] / exp(log_ratio) - y[, "2000"])$p.value - 0.05
  ends <- lapply(c(-1, 1), function(side) sort(log(ratio) + side * c(1e-9, 2)))
  published[paste0("ch05-sigma-", basis, "-ratio", c("", "/lo", "/hi"))] <- c(ratio, sapply(ends, function(e) exp(uniroot(p_at, e, tol = 1e-15)$root)))
}
inflow <- 5 * (log(residents[, "2020"] / residents[, "2000"]) -
  log(with(panel, tapply(registered_10k, list(city_code, year), sum))[, "2020"] /
    with(panel, tapply(registered_10k, list(city_code, year), sum))[, "2000"]))
published[paste0("ch05-inflow-slope", c("", "/lo", "/hi"))] <- hc3(lm(inflow ~ per_resident[, "2000"]))
registered_growth <- 5 * (per_registered[, "2020"] - per_registered[, "2000"])
slopes <- sapply(list(inflow, registered_growth), function(y) coef(lm(y ~ per_resident[, "2000"]))[[2]])
published[["ch05-inflow-part"]] <- 100 * slopes[1] / (slopes[1] - slopes[2])
lw <- nb2listw(suppressWarnings(knn2nb(knearneigh(xy, k = 3, longlat = TRUE))), style = "W")
published[["ch05-moran-level"]] <- moran(per_resident[, "2000"], lw, 11, Szero(lw))$I
change <- per_resident[, "2020"] - per_resident[, "2000"]
published[["ch05-moran-residual"]] <- lm.morantest(lm(change ~ per_resident[, "2000"]), lw)$estimate[[1]]
rate <- 5 * change
weakest <- "331100" # Lishui
stopifnot(per_resident[weakest, "2000"] == min(per_resident[, "2000"]))
kept <- rownames(per_resident) != weakest
published[paste0("ch05-beta-weakest", c("", "/lo", "/hi"))] <- hc3(lm(rate[kept] ~ per_resident[kept, "2000"]))
# The permutation test without each city, exactly: every choice of the growth rates of the first five, and every order of both halves.
orders <- function(n) if (n == 1) matrix(1) else do.call(rbind, lapply(1:n, function(i) cbind(i, matrix(seq_len(n)[-i][orders(n - 1)], ncol = n - 1))))
order_5 <- orders(5)
choices <- combn(10, 5)
exact_p <- function(start, growth) {
  x <- start - mean(start)
  own <- abs(sum(x * growth)) * (1 - 1e-12)
  sums <- function(part, at) drop(matrix(growth[part][order_5], ncol = 5) %*% x[at])
  mean(apply(choices, 2, function(first) mean(abs(outer(sums(first, 1:5), sums(setdiff(1:10, first), 6:10), "+")) >= own)))
}
without_p <- sapply(rownames(per_resident), function(city) exact_p(per_resident[rownames(per_resident) != city, "2000"], rate[names(rate) != city]))
stopifnot(names(which.max(without_p)) == weakest)
ends <- c(without_p[[weakest]], range(without_p))
published[paste0("ch05-beta-without-p", c("", "/lo", "/hi"))] <- ends
# The book's 9999 random orders, with the observed one added; exceeded once in a thousand.
tolerances[paste0("ch05-beta-without-p", c("", "/lo", "/hi"))] <- 3.3 * sqrt(ends * (1 - ends) / 9999) + 1e-4
reasons[["ch05-beta-without-p"]] <- "error of 9999 random orders, here all"
published[["ch05-start-error-part"]] <- -20 * coef(lm(rate ~ per_resident[, "2000"]))[[2]]
published[["ch05-start-error"]] <- 100 * sqrt(published[["ch05-start-error-part"]] / 100) * sd(per_resident[, "2000"])
# Two stages: the fitted start in place of the start.
fitted_start <- fitted(lm(per_resident[, "2000"] ~ per_registered[, "1997"]))
published[["ch05-start-instrument"]] <- coef(lm(rate ~ fitted_start))[[2]]
published[paste0("ch05-beta-weighted", c("", "/lo", "/hi"))] <- hc3(lm(rate ~ per_resident[, "2000"], weights = residents[, "2000"]))
people <- list(registered = with(panel, tapply(registered_10k, list(city_code, year), sum)), resident = residents)
for (basis in names(people)) {
  y <- if (basis == "registered") per_registered else per_resident
  spread <- sapply(c("2000", "2020"), function(t) sqrt(cov.wt(cbind(y[, t]), people[[basis]][, t] / sum(people[[basis]][, t]), method = "ML")$cov[1, 1]))
  published[[paste0("ch05-sigma-weighted-", basis)]] <- spread[[2]] / spread[[1]]
}

# Residents of 2020 on the areas of 2010: parts added up, areas that changed left out.
bridge <- read_table("zhejiang_counties/names_2010_2020")
for (i in which(bridge$comparability %in% c("same", "whole", "split"))) {
  parts <- strsplit(bridge$name_2020[i], "+", fixed = TRUE)[[1]]
  code <- early$county_code[match(bridge$name_2010[i], early$county_zh)]
  values[[sprintf("area.%d", code)]] <- sum(late$population_persons[match(parts, late$county_zh)])
}

# Published: counties ------------------------------------------------------------------------------

yearbook <- read_table("zhejiang_counties/yearbook_2020")
long_form <- read_table("zhejiang_counties/long_form_2020")
late$jobs <- as.numeric(late$employed_sampled) * late$households / long_form$households_sampled[match(late$county_zh, long_form$county_zh)]
sections <- setdiff(grep("_sampled$", names(late), value = TRUE), "employed_sampled")
non_farm <- setdiff(sections, "agriculture_sampled")
total <- function(table, name, parts, column) sum(table[[column]][match(parts, table[[name]])])
rows <- list()
for (i in which(bridge$comparability %in% c("same", "whole", "split"))) {
  parts <- strsplit(bridge$name_2020[i], "+", fixed = TRUE)[[1]]
  if (!all(parts %in% yearbook$county_zh)) next
  own <- early[early$county_zh == bridge$name_2010[i], ]
  s <- unlist(own[sections]) / sum(own[sections])
  f <- unlist(own[non_farm]) / sum(own[non_farm])
  reference <- function(columns) colSums(early[columns]) / sum(early[columns])
  rows[[length(rows) + 1]] <- data.frame(
    gdp = 100 * log(total(yearbook, "county_zh", parts, "gdp_10k_yuan") / total(late, "county_zh", parts, "population_persons")),
    jobs = 100 * log(total(late, "county_zh", parts, "jobs") / own$employed_sampled),
    gdp_job = 100 * log(total(yearbook, "county_zh", parts, "gdp_10k_yuan") / total(late, "county_zh", parts, "jobs")),
    gdp_registered = 100 * log(total(yearbook, "county_zh", parts, "gdp_10k_yuan") / total(yearbook, "county_zh", parts, "registered_persons")),
    town = own$county_code == 330784,
    krugman = sum(abs(s - reference(sections))), krugman_nonfarm = sum(abs(f - reference(non_farm))),
    manufacturing = f[["manufacturing_sampled"]], farm = s[["agriculture_sampled"]], schooling = own$schooling_years,
    migrants = own$migrants_other_province_persons / own$population_persons
  )
}
counties <- do.call(rbind, rows)
x <- as.data.frame(scale(counties[-(1:5)]))
published[["ch05-pay-counties"]] <- nrow(counties)
published[["ch05-pay-farm-correlation"]] <- cor(counties$krugman, counties$farm)
for (outcome in c("gdp", "jobs")) {
  for (measure in if (outcome == "gdp") c("krugman", "krugman_nonfarm", "manufacturing") else "krugman") {
    id <- sprintf("ch05-%s-%s", c(gdp = "pay", jobs = "jobs")[[outcome]], sub("krugman_", "", measure))
    d <- cbind(x, y = counties[[outcome]])
    published[paste0(id, c("", "/lo", "/hi"))] <- hc3(lm(reformulate(measure, "y"), d))
    published[paste0(id, "-all", c("", "/lo", "/hi"))] <- hc3(lm(reformulate(c(measure, "schooling", "migrants", "farm"), "y"), d))
  }
}
for (outcome in c("gdp_job", "gdp_registered")) {
  id <- paste0("ch05-", sub("gdp_", "pay-", outcome))
  d <- cbind(x, y = counties[[outcome]])
  published[paste0(id, c("", "/lo", "/hi"))] <- hc3(lm(y ~ krugman, d))
  published[paste0(id, "-all", c("", "/lo", "/hi"))] <- hc3(lm(y ~ krugman + schooling + migrants + farm, d))
  published[[paste0("ch05-own-", gsub("_", "-", outcome))]] <- rank(-counties[[outcome]])[counties$town]
}
for (measure in c("krugman", "krugman_nonfarm")) {
  published[[sprintf("ch05-pay-%s-left", sub("krugman_", "", measure))]] <- 100 * (1 - summary(lm(reformulate(c("schooling", "migrants", "farm"), measure), x))$r.squared)
}

# Published: town and energy -----------------------------------------------------------------------

own <- early[early$county_code == 330784, ]
for (year in c(2010, 2020)) {
  row <- if (year == 2010) own else late[which(late$county_code == 330784), ]
  persons <- sum(row[sections])
  p <- row$manufacturing_sampled / persons
  half <- 1.96 * sqrt(3 * p * (1 - p) / persons) # design effect of three
  published[paste0("ch05-manufacturing-", year, c("", "/lo", "/hi"))] <- 100 * c(p, p - half, p + half)
}
units <- read_table("yongkang/jinhua_unit_jobs_2006")
units <- units[units$area_zh %in% early$county_zh, ]
covered <- 100 * units$manufacturing_persons / (10 * early$manufacturing_sampled[match(units$area_zh, early$county_zh)])
published[paste0("ch05-units-coverage", c("", "/lo", "/hi"))] <- c(covered[units$area_en == "Yongkang"], range(covered))
published[["ch05-manufacturing-province-2010"]] <- 100 * sum(early$manufacturing_sampled) / sum(early[sections])
markets <- read_table("yongkang/jinhua_markets_2005")
published[["ch05-market-ratio"]] <- with(markets[markets$area_code == 330784, ], market_turnover_100m_yuan / (retail_sales_10k_yuan / 1e4))
town <- read_table("yongkang/annual")
figure <- function(name) town$value[town$indicator == name & town$year == 2008]
secondary <- figure("gdp") * figure("secondary_share") / 100
units <- subset(read_table("yongkang/jinhua_unit_jobs_2006"), area_code == 330784)
published[["ch05-units-secondary"]] <- figure("secondary_share")
published[["ch05-units-worker-seen"]] <- 1e4 * secondary / sum(units[c("manufacturing_persons", "mining_persons", "utilities_persons", "construction_persons")], na.rm = TRUE)
published[["ch05-units-worker-census"]] <- 1e3 * secondary / sum(own[c("manufacturing_sampled", "mining_sampled", "utilities_sampled", "construction_sampled")])
published[["ch05-market-gdp"]] <- with(markets[markets$area_code == 330784, ], market_turnover_100m_yuan) / figure("gdp")
provinces <- length(unique(energy$province_code))
published[["ch05-kaya-provinces"]] <- provinces
most_missed <- function(seen) max(which(dhyper(0, 1:(provinces - seen), provinces - 1:(provinces - seen), seen) > 0.05))
published[["ch05-target-missed"]] <- most_missed(7)
published[["ch05-target-missed-list"]] <- most_missed(13)
parts <- 100 * split_mix(2005, 2010)
published[["ch05-mix-2005"]] <- parts[["mix"]]
published[["ch05-mix-total-2005"]] <- sum(parts)
real <- 500 * log(1.118) # growth as announced
published[["ch05-kaya-energy"]] <- 100 * log(E[2] / E[1])
published[["ch05-kaya-population"]] <- 100 * log(P[2] / P[1])
published[["ch05-kaya-income"]] <- real - 100 * log(P[2] / P[1])
published[["ch05-kaya-intensity"]] <- 100 * log(E[2] / E[1]) - real
ends <- 100 * log(E[2] / E[1]) - 500 * log(1.118 + c(0.0005, -0.0005)) # one printed decimal
published[paste0("ch05-kaya-intensity", c("/lo", "/hi"))] <- ends
cuts <- read_table("energy/targets_2010")
cuts <- cuts[!is.na(cuts$achieved_cut_percent), ]
missed <- cuts$target_cut_percent - cuts$achieved_cut_percent
nation <- cuts$area_en == "China"
published[["ch05-target-nation-short"]] <- missed[nation]
published[["ch05-target-provinces"]] <- sum(!nation)
published[["ch05-target-lowered"]] <- sum(missed[!nation] > 0.05)
published[["ch05-kaya-cut"]] <- 100 * (1 - E[2] / E[1] / 1.118^5)

write_reference("yongkang", values = values, published = published, tolerances = tolerances, reasons = reasons)
