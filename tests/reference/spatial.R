# Spatial correlation with spdep, for the Columbus example that is published and for the prefectures of 2010; numbers of the
# sections on talent, the census and the world curve of chapter 4 with lm, sandwich and lmtest. Run by recreate.py.

source("lib/reference.R")
suppressWarnings(suppressPackageStartupMessages({
  library(lmtest)
  library(sandwich)
  library(spdep)
}))

values <- list()
published <- list()
put <- function(id, value, interval = NULL) {
  published[[id]] <<- value
  if (!is.null(interval)) {
    published[[paste0(id, "/lo")]] <<- min(interval)
    published[[paste0(id, "/hi")]] <<- max(interval)
  }
}

# Log-likelihood of the spatial error model at r, by generalised least squares and the determinant of I - r W.
likelihood <- function(r, y, x, w) {
  n <- length(y)
  a <- diag(n) - r * w
  e <- lm.fit(a %*% x, drop(a %*% y))$residuals
  -n / 2 * (log(2 * pi * mean(e^2)) + 1) + as.numeric(determinant(a)$modulus)
}
spatial_error <- function(y, x, w) {
  r <- optimize(likelihood, c(-0.9, 0.99), y, x, w, maximum = TRUE, tol = 1e-12)
  a <- diag(length(y)) - r$maximum * w
  fit <- lm.fit(a %*% x, drop(a %*% y))
  list(r = r$maximum, b = fit$coefficients, loglik = r$objective)
}
record <- function(key, fit, listw) {
  x <- model.matrix(fit)
  y <- fitted(fit) + residuals(fit)
  w <- listw2mat(listw)
  m <- lm.morantest(fit, listw, alternative = "two.sided")
  values[paste0(key, ".residual.", c("statistic", "expected", "variance", "p"))] <<- c(m$estimate, m$p.value)
  for (test in c("LMerr", "LMlag", "RLMerr", "RLMlag")) {
    values[[paste0(key, ".", test)]] <<- lm.LMtests(fit, listw, test = test)[[1]]$statistic[[1]]
  }
  found <- spatial_error(y, x, w)
  values[[paste0(key, ".r")]] <<- signif(found$r, 6) # digits that an optimiser has on every machine
  values[[paste0(key, ".loglik")]] <<- signif(found$loglik, 10)
  values[paste0(key, ".b", seq_along(found$b))] <<- signif(found$b, 6)
}
variable <- function(key, x, listw) {
  m <- moran.test(x, listw, randomisation = TRUE)
  values[paste0(key, c(".statistic", ".expected", ".variance"))] <<- m$estimate
}

# Columbus, Ohio: data and neighbours, so that the test needs no R.
data(oldcol)
listw <- nb2listw(COL.nb, style = "W")
for (name in c("CRIME", "INC", "HOVAL")) values[paste0("columbus.", name, ".", 1:49)] <- COL.OLD[[name]]
for (i in 1:49) for (j in COL.nb[[i]]) values[[sprintf("columbus.link.%d.%d", i, j)]] <- 1
record("columbus", lm(CRIME ~ INC + HOVAL, COL.OLD), listw)
variable("columbus.crime", COL.OLD$CRIME, listw)

# Prefectures and municipalities of 2010.
d <- read_table("innovation/census_2010_prefectures")
d <- d[!is.na(d$seat_code), ]
aged6 <- rowSums(d[grep("^edu_", names(d))])
d$college <- 100 * (d$edu_junior_college + d$edu_university) / aged6
d$lh <- log(d$college)
d$lr <- log(100 * d$sample_research / d$sample_employed)
d$size <- log(d$residents)
d$manufacturing <- 100 * d$sample_manufacturing / d$sample_employed
d$capital <- as.numeric(d$code %% 10000 == 100)
d$province <- d$code %/% 10000
rad <- pi / 180
lon <- d$seat_longitude_degrees * rad
lat <- d$seat_latitude_degrees * rad
chord <- sin(outer(lat, lat, "-") / 2)^2 + outer(cos(lat), cos(lat)) * sin(outer(lon, lon, "-") / 2)^2
km <- 2 * 6371.0088 * asin(pmin(sqrt(chord), 1))
diag(km) <- Inf
values[["distance.smallest"]] <- min(km)
values[["distance.first"]] <- sum(km[1, -1])
near <- t(apply(km, 1, function(row) as.numeric(rank(row) <= 5))) / 5
inverse <- ifelse(km <= 1500, 1 / km, 0) # far enough that every place has a neighbour: spdep leaves others out of n
stopifnot(rowSums(inverse) > 0)
inverse <- inverse / rowSums(inverse)
main <- lm(lr ~ lh + size + manufacturing + capital, d)
within <- lm(lr ~ lh + size + manufacturing + capital + factor(province), d)
for (name in c("near", "inverse")) {
  lw <- suppressWarnings(mat2listw(get(name), style = "W"))
  record(name, main, lw)
  for (column in c("lh", "lr", "manufacturing")) variable(paste0(name, ".", column), d[[column]], lw)
}
nb <- suppressWarnings(mat2listw(near, style = "W"))
put("ch04-spatial-college", values[["near.lh.statistic"]])
put("ch04-spatial-research", values[["near.lr.statistic"]])
put("ch04-spatial-manufacturing", values[["near.manufacturing.statistic"]])
put("ch04-spatial-residuals", values[["near.residual.statistic"]])
z <- function(fit, lw) {
  m <- lm.morantest(fit, lw)$estimate
  (m[[1]] - m[[2]]) / sqrt(m[[3]])
}
put("ch04-spatial-residuals-z", z(main, nb))
put("ch04-spatial-within-z", z(within, nb))
put("ch04-spatial-error-test", values[["near.RLMerr"]])
put("ch04-spatial-lag", values[["near.RLMlag"]])
put("ch04-hc-elasticity-hc3", coef(main)[["lh"]], coefci(main, "lh", vcov. = vcovHC(main, "HC3")))
groups <- length(unique(d$province))
clustered <- function(fit, cluster) coefci(fit, "lh", vcov. = vcovCL(fit, cluster, type = "HC1"), df = length(unique(cluster)) - 1)
put("ch04-hc-elasticity", coef(main)[["lh"]], clustered(main, d$province))
put("ch04-hc-elasticity-province", coef(within)[["lh"]], clustered(within, d$province))
students <- lm(lr ~ lh + size + manufacturing + capital + I(100 * sample_education / sample_employed), d)
put("ch04-hc-elasticity-students", coef(students)[["lh"]], clustered(students, d$province))
small <- d[d$capital == 0 & d$level == "prefecture", ]
fit <- lm(lr ~ lh + size + manufacturing, small)
put("ch04-hc-elasticity-small", coef(fit)[["lh"]], clustered(fit, small$province))
ten <- function(b) 100 * (1.1^b - 1)
put("ch04-hc-effect", ten(coef(main)[["lh"]]), ten(clustered(main, d$province)))
over <- rstudent(main)
without <- lm(lr ~ lh + size + manufacturing + capital, d[d$code != 330600, ])
x <- c(1, unlist(d[d$code == 330600, c("lh", "size", "manufacturing", "capital")]))
distance <- d$lr[d$code == 330600] - sum(x * coef(without))
half <- qt(0.975, df.residual(without)) * sqrt(drop(x %*% vcovHC(without, "HC3") %*% x))
put("ch04-hc-shaoxing", 100 * expm1(distance), 100 * expm1(distance + c(-half, half)))
put("ch04-hc-shaoxing-rank", rank(-over)[[which(d$code == 330600)]])

# Talent.
talent <- read_table("innovation/shaoxing_talent")
stock <- function(category, year) talent$persons_10k[talent$category == category & talent$year == year]
parts <- c("party_government", "managers", "professional", "skilled", "rural")
old <- sapply(parts, stock, 2005)
new <- c(sapply(parts, stock, 2015), social_work = stock("social_work", 2015))
rise <- sum(new) - sum(old)
share <- function(gamma) 100 * (new[["managers"]] - gamma * old[["managers"]]) / rise
same <- setdiff(parts, "managers")
fast <- 3 # growth of managers by the old definition, as supposed at most
put("ch04-talent-fast", fast)
put("ch04-talent-widening", share(sum(new[same]) / sum(old[same])), c(share(fast), share(1)))
put("ch04-talent-2005", stock("total", 2005))
put("ch04-talent-2015", stock("total", 2015))
put("ch04-talent-same-growth", growth(sum(old[same]), sum(new[same]), 10))
put("ch04-talent-all-growth", growth(sum(old), sum(new), 10))
put("ch04-talent-managers-factor", new[["managers"]] / old[["managers"]])

# Census.
p <- d[d$level == "prefecture", ]
own <- p$code == 330600
put("ch04-census-prefectures", nrow(p))
put("ch04-census-rank-college", rank(-p$college)[own])
put("ch04-census-rank-professionals", rank(-p$sample_professionals / p$sample_employed)[own])
put("ch04-census-rank-manufacturing", rank(-p$manufacturing)[own])
put("ch04-census-ratio", 1e4 * stock("total", 2010) / (p$edu_junior_college + p$edu_university)[own], 1e4 * (stock("total", 2010) + c(-1, 1)) / (p$edu_junior_college + p$edu_university)[own])
heads <- 10 * p$sample_managers[own] / 1e4
put("ch04-talent-heads-factor", new[["managers"]] / heads)
put("ch04-talent-widening-least", share(heads / old[["managers"]]))
titled <- range(1 - c(sum(old[c("skilled", "rural")]) / sum(old), sum(new[c("skilled", "rural")]) / sum(new)))
ends <- 1e4 * titled * (stock("total", 2010) + c(-1, 1)) / (p$edu_junior_college + p$edu_university)[own]
put("ch04-census-ratio-titled", mean(ends), ends)

# World: the curve of 2005 and China, Zhejiang and Shaoxing against it.
world <- read_table("innovation/world_rd")
rd <- read_table("innovation/rd_share_places")
cities <- read_table("cities/panel")
gdp <- read_table("macro/zhejiang_gdp")
people <- read_table("macro/provinces_first_print")
head_2005 <- subset(read_table("macro/china_gdp_per_head"), year == 2005)$gdp_per_head_yuan
zhejiang <- subset(cities, zhejiang == 1)
real_growth <- function(y) {
  before <- subset(zhejiang, year == y - 1)
  now <- subset(zhejiang, year == y)
  stopifnot(before$city_code == now$city_code)
  sum(before$gs_gdp_100m_yuan * now$gi_gdp_index_prev100) / sum(before$gs_gdp_100m_yuan) / 100
}
persons <- function(place, y) {
  if (place == "Zhejiang") people$population_10k[people$province_code == 330000 & people$year == y] else cities$resident_pop_10k[cities$city_code == 330600 & cities$year == y]
}
income <- function(place, y) {
  output <- if (place == "Zhejiang") gdp$gdp_100m_yuan[gdp$year == 2005 & gdp$vintage == "census_revised"] else cities$gs_gdp_100m_yuan[cities$city_code == 330600 & cities$year == 2005]
  years <- if (y > 2005) 2006:y else integer(0)
  grown <- prod(vapply(years, function(t) if (place == "Zhejiang") real_growth(t) else cities$gi_gdp_index_prev100[cities$city_code == 330600 & cities$year == t] / 100, 1))
  world$gdp_per_head_2015_usd[world$country_code == "CHN" & world$year == 2005] * 1e4 * output / persons(place, y) / head_2005 * grown
}
put("ch04-world-zhejiang-income", income("Zhejiang", 2005) / world$gdp_per_head_2015_usd[world$country_code == "CHN" & world$year == 2005])
for (y in c(2005, 2010)) {
  s <- subset(world, year == y & population_persons >= 1e6 & !is.na(gdp_per_head_2015_usd))
  s$x <- log(s$gdp_per_head_2015_usd)
  fit <- lm(rd_percent ~ x + I(x^2), subset(s, country_code != "CHN"))
  against <- function(id, share, x) {
    point <- c(1, x, x^2)
    distance <- share - sum(point * coef(fit))
    half <- qt(0.975, df.residual(fit)) * sqrt(drop(point %*% vcovHC(fit, "HC3") %*% point))
    put(id, distance, distance + c(-half, half))
  }
  china <- s[s$country_code == "CHN", ]
  against(sprintf("ch04-world-china-%d", y), china$rd_percent, china$x)
  own <- function(place, source) rd$rd_percent[rd$place == place & rd$year == y & rd$source == source]
  against(sprintf("ch04-world-zhejiang-%d", y), own("Zhejiang", if (y == 2005) "report2011" else "factorendw"), log(income("Zhejiang", y)))
  against(sprintf("ch04-world-shaoxing-%d", y), own("Shaoxing", "plan12st"), log(income("Shaoxing", y)))
}
put("ch04-world-zhejiang-2005-share", rd$rd_percent[rd$place == "Zhejiang" & rd$year == 2005 & rd$source == "report2011"])
nation <- subset(read_table("macro/china_gdp"), year == 2005 & vintage == "post_census")$gdp_100m_yuan
revised <- sum(subset(read_table("macro/provinces_gdp_revised"), year == 2005 & vintage == "census_revised")$gdp_100m_yuan)
first <- sum(people$gdp_100m_yuan[people$year == 2005])
put("ch04-world-sum-excess", 100 * (revised / nation - 1))
on_provinces <- world$rd_percent[world$country_code == "CHN" & world$year == 2005] * nation / c(revised, first)
put("ch04-world-china-2005-on-provinces", on_provinces[1], on_provinces)

# Provinces: patents in force on research and manufacturing.
province <- subset(read_table("innovation/census_2010_prefectures"), level == "province")
patents <- read_table("innovation/patents_in_force_2009")
province <- merge(province, patents, by.x = "code", by.y = "province_code")
for (kind in c("invention", "design")) {
  fit <- lm(log(province[[kind]] / province$residents) ~ log(sample_research / sample_employed) + log(sample_manufacturing / sample_employed), province)
  put(sprintf("ch04-proxy-%ss-research", kind), coef(fit)[[2]], coefci(fit, vcov. = vcovHC(fit, "HC3"))[2, ])
}

write_reference("spatial", values = values, published = published)
