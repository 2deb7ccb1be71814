# Distances from curves with lm, sandwich and lmtest: services shares of countries and of Chinese cities on income and
# size, and Ningbo and China against them. Run by recreate.py.

source("lib/reference.R")
suppressWarnings(suppressPackageStartupMessages({
  library(lmtest)
  library(sandwich)
}))

world <- read_table("world/services_shares")
cities <- read_table("cities/panel")
nation <- read_table("macro/china_gdp_per_head")
printed <- read_table("ningbo/gdp_per_head")

values <- list()
published <- list()
put <- function(id, value, interval = NULL) {
  published[[id]] <<- value
  if (!is.null(interval)) {
    published[[paste0(id, "/lo")]] <<- interval[[1]]
    published[[paste0(id, "/hi")]] <<- interval[[2]]
  }
}

# The curve at one unit: expectation, HC3 confidence interval, classical prediction interval, rank by rstudent().
yardstick <- function(formula, sample, unit) {
  fit <- lm(formula, sample)
  x <- model.matrix(delete.response(terms(fit)), unit)
  expected <- drop(x %*% coef(fit))
  half <- qt(0.975, df.residual(fit)) * sqrt(drop(x %*% vcovHC(fit, "HC3") %*% t(x)))
  prediction <- predict(fit, unit, interval = "prediction")
  all <- lm(formula, rbind(sample[all.vars(formula)], unit[all.vars(formula)]))
  list(
    curve = expected, distance = unit$share - expected, lo = unit$share - expected - half, hi = unit$share - expected + half,
    usual = prediction[1, 2:3] - expected, rank = rank(rstudent(all))[[nobs(all)]], n = nobs(fit), leverage = hatvalues(all)[[nobs(all)]]
  )
}

cities$persons <- ifelse(cities$resident_pop_filled_flag == 0, cities$resident_pop_10k, NA)
cities$share <- 100 * cities$gs_tertiary_100m_yuan / cities$gs_gdp_100m_yuan
cities$capital <- substr(cities$city_code, 3, 6) == "0100" | cities$municipality == 1
ningbo <- subset(cities, city_code == "330200")
nb <- function(column, y) ningbo[ningbo$year == y, column]
ratio <- 1e4 * nb("gs_gdp_100m_yuan", 2005) / nb("persons", 2005) / nation$gdp_per_head_yuan[nation$year == 2005]
real <- function(y) { # real GDP per resident, 2005 = 1
  index <- cumprod(ningbo$gi_gdp_index_prev100 / 100)
  (index / ningbo$persons)[ningbo$year == y] / (index / ningbo$persons)[ningbo$year == 2005]
}

countries <- function(y, income, base) {
  d <- world[world$year == y, ]
  total <- if (base == "GDP") 100 else d$services_percent + d$industry_percent + d$agriculture_percent
  d <- data.frame(
    code = d$country_code, share = 100 * d$services_percent / total, income = log(d[[income]]),
    size = log(d$urban_persons / d$urban_percent / 1e4), special = d$oil_state == 1 | d$city_state == 1
  )
  d <- d[complete.cases(d), ]
  d$income <- d$income - d$income[d$code == "CHN"]
  d
}
place <- function(y, income) {
  at <- function(when) world[world$year == when & world$country_code == "CHN", income]
  data.frame(share = nb("share", y), income = log(ratio * real(y) * at(2005) / at(y)), size = log(nb("persons", y) / 100))
}
square <- share ~ income + I(income^2) + size

for (y in c(2000, 2005:2010)) {
  for (income in c("gdp_per_head_2015_usd", "gdp_per_head_ppp")) {
    for (base in c("value added", "GDP")) {
      d <- countries(y, income, base)
      sample <- d[d$size >= 0 & d$code != "CHN", ]
      unit <- place(y, income)
      china <- yardstick(square, sample, d[d$code == "CHN", ])
      own <- yardstick(square, sample, unit)
      key <- paste(y, income, base, sep = ".")
      for (field in c("distance", "lo", "hi", "rank", "leverage")) {
        values[[paste(key, "china", field, sep = ".")]] <- china[[field]]
        values[[paste(key, "ningbo", field, sep = ".")]] <- own[[field]]
      }
      values[[paste(key, "n", sep = ".")]] <- china$n
      if (y == 2005 && income == "gdp_per_head_2015_usd") {
        if (base == "GDP") {
          put("ch03-lag-china-gdp", china$distance, c(china$lo, china$hi))
          put("ch03-lag-countries-gdp", own$distance, c(own$lo, own$hi))
        } else {
          put("ch03-lag-china-2005", china$distance, c(china$lo, china$hi))
          put("ch03-lag-countries-2005", own$distance, c(own$lo, own$hi))
          put("ch03-lag-china-usual", 0, china$usual)
          put("ch03-lag-china-rank", china$rank)
          put("ch03-lag-china-of", china$n + 1)
          put("ch03-lag-countries-rank", own$rank)
          fit <- lm(square, sample)
          v <- vcovHC(fit, "HC3")
          row <- d[d$code == "CHN", ]
          step <- c(0, unit$income, unit$income^2, unit$size - row$size)
          beyond <- unit$share - row$share - sum(step * coef(fit))
          half <- qt(0.975, df.residual(fit)) * sqrt(drop(step %*% v %*% step))
          put("ch03-lag-beyond-2005", beyond, beyond + c(-half, half))
          sectors <- subset(read_table("macro/china_sectors"), vintage == "post_census" & year == 2005)
          from_yearbook <- beyond + row$share - 100 * sectors$tertiary_100m_yuan / sectors$gdp_100m_yuan
          put("ch03-lag-beyond-yearbook", from_yearbook, from_yearbook + c(-half, half))
          of_countries <- own
          put("ch03-lag-rise", sum(step * coef(fit)))
          put("ch03-lag-observed-wdi", unit$share - row$share)
          line <- lm(share ~ income + size, sample)
          put("ch03-lag-slope-countries", coef(line)[["income"]], coefci(line, "income", vcov. = vcovHC(line, "HC3")))
          left_out <- sapply(sample$code, function(code) yardstick(square, sample[sample$code != code, ], row)$distance)
          put("ch03-lag-left-out-china", china$distance, range(left_out))
          put("ch03-lag-influence-most", max(abs(left_out - china$distance)))
          with_china <- lm(square, d[d$size >= 0, ])
          put("ch03-lag-china-leverage", hatvalues(with_china)[[which(d$code[d$size >= 0] == "CHN")]])
          # Leave-one-out predictions, for every country, China among them.
          everyone <- d[d$size >= 0, ]
          predicted <- everyone$share - residuals(with_china) / (1 - hatvalues(with_china))
          values[paste0("from_others.", everyone$code)] <- predicted
        }
      }
    }
  }
}

in_2005 <- subset(cities, year == 2005)
d <- subset(in_2005, !is.na(persons))
d$income <- log(d$gs_gdp_100m_yuan / d$persons) - log(nb("gs_gdp_100m_yuan", 2005) / nb("persons", 2005))
d$size <- log(d$persons / 100)
is_ningbo <- d$city_code == "330200"
others <- d[!is_ningbo, ]
found <- list(cities = yardstick(square, others, d[is_ningbo, ]), noncapital = yardstick(square, others[!others$capital, ], d[is_ningbo, ]))
for (name in names(found)) {
  put(sprintf("ch03-lag-%s-2005", name), found[[name]]$distance, c(found[[name]]$lo, found[[name]]$hi))
  put(sprintf("ch03-lag-%s-rank", name), found[[name]]$rank)
}
put("ch03-lag-cities-n", found$cities$n)
put("ch03-lag-noncapital-of", found$noncapital$n + 1)
put("ch03-lag-cities-usual", 0, found$cities$usual)
for (name in c("cities", "noncapital")) {
  line <- lm(share ~ income + size, if (name == "cities") others else others[!others$capital, ])
  put(paste0("ch03-lag-slope-", name), coef(line)[["income"]], coefci(line, "income", vcov. = vcovHC(line, "HC3")))
}
with_capital <- lm(share ~ income + I(income^2) + size + capital, others)
put("ch03-lag-capital", coef(with_capital)[["capitalTRUE"]], coefci(with_capital, "capitalTRUE", vcov. = vcovHC(with_capital, "HC3")))
put("ch03-lag-cities-median", median(in_2005$share))
put("ch03-lag-cities-sum", 100 * sum(in_2005$gs_tertiary_100m_yuan) / sum(in_2005$gs_gdp_100m_yuan))
karamay <- others$city_code == "650200"
put("ch03-lag-karamay", yardstick(square, others[!karamay, ], d[is_ningbo, ])$distance)
put("ch03-lag-karamay-leverage", hatvalues(lm(square, others))[[which(karamay)]])

# Curve of cities less curve of countries: variances of independent samples add up, each with its own quantile of t.
apart <- found$cities$curve - of_countries$curve
half <- sqrt(((found$cities$hi - found$cities$lo) / 2)^2 + ((of_countries$hi - of_countries$lo) / 2)^2)
put("ch03-lag-cities-countries", apart, apart + c(-half, half))
# Other samples of cities: similar incomes on a line, no oil and steel towns, and 2010 with the residents of the census.
put_distance <- function(id, formula, sample, unit) {
  found <- yardstick(formula, sample, unit)
  put(paste0("ch03-lag-", id), found$distance, c(found$lo, found$hi))
  put(sprintf("ch03-lag-%s-n", id), found$n)
}
similar <- others[exp(abs(others$income)) < 2, ]
put_distance("similar", share ~ income + size, similar, d[is_ningbo, ])
put_distance("similar-noncapital", share ~ income + size, similar[!similar$capital, ], d[is_ningbo, ])
no_towns <- others[!others$city_code %in% c(650200, 230600, 370500, 620200), ]
put_distance("towns", square, no_towns, d[is_ningbo, ])
put_distance("towns-noncapital", square, no_towns[!no_towns$capital, ], d[is_ningbo, ])
put("ch03-lag-towns-countries", yardstick(square, no_towns, d[is_ningbo, ])$curve - of_countries$curve)
census <- read_table("innovation/census_2010_prefectures")
in_2010 <- subset(cities, year == 2010)
in_2010$residents <- census$residents[match(in_2010$city_code, census$code)]
put("ch03-lag-panel-census", 100 * mean(abs(1e4 * in_2010$persons / in_2010$residents - 1) < 0.01, na.rm = TRUE))
in_2010 <- in_2010[!is.na(in_2010$residents), ]
own_2010 <- in_2010$city_code == "330200"
in_2010$income <- log(in_2010$gs_gdp_100m_yuan / in_2010$residents)
in_2010$income <- in_2010$income - in_2010$income[own_2010]
in_2010$size <- log(in_2010$residents / 1e6)
put_distance("census", square, in_2010[!own_2010, ], in_2010[own_2010, ])

groups <- list(
  "subprovincial" = in_2005$subprovincial == 1, "fewer" = in_2005$subprovincial == 1 & !in_2005$capital, "delta" = in_2005$delta == 1
)
for (name in names(groups)) {
  rows <- in_2005[groups[[name]], ]
  own <- rows$city_code == "330200"
  found <- yardstick(share ~ 1, rows[!own, ], rows[own, ])
  put(sprintf("ch03-lag-%s-2005", name), found$distance, c(found$lo, found$hi))
  put(sprintf("ch03-lag-%s", name), nrow(rows))
  stopifnot(rank(rows$share)[own] == found$rank)
}
put("ch03-lag-delta-rank", rank(in_2005$share[in_2005$delta == 1])[in_2005$city_code[in_2005$delta == 1] == "330200"])
put("ch03-lag-ningbo-2005", nb("share", 2005))
put("ch03-lag-income-ratio", ratio)
put("ch03-lag-income-registered", printed$gdp_per_head_yuan[printed$year == 2005] / nation$gdp_per_head_yuan[nation$year == 2005])

# Part of the specification curve of countries: China's distance in the share, no log odds, in all countries and in large ones.
forms <- list(line = share ~ income, square = share ~ income + I(income^2), cube = share ~ income + I(income^2) + I(income^3))
for (y in c(2000, 2005, 2010)) {
  for (income in c("gdp_per_head_2015_usd", "gdp_per_head_ppp")) {
    for (base in c("value added", "GDP")) {
      d <- countries(y, income, base)
      for (form in names(forms)) {
        for (size in c("none", "log")) {
          for (which in c("all", "a million persons")) {
            sample <- d[d$code != "CHN" & (which == "all" | d$size >= 0), ]
            formula <- if (size == "log") update(forms[[form]], . ~ . + size) else forms[[form]]
            values[[paste("specification", y, income, base, which, form, size, sep = ".")]] <-
              yardstick(formula, sample, d[d$code == "CHN", ])$distance
          }
        }
      }
    }
  }
}

# China's part in Ningbo's distance over all specifications, log odds, similar incomes, both populations and both shares of China among them.
sectors <- subset(read_table("macro/china_sectors"), vintage == "post_census")
in_yearbook <- function(y) with(sectors[sectors$year == y, ], 100 * tertiary_100m_yuan / gdp_100m_yuan)
registered <- function(y) with(printed[printed$year == y, ], 1e4 * gdp_100m_yuan / gdp_per_head_yuan)
responses <- list(
  share = list(to = identity, back = identity), "log odds" = list(to = function(s) qlogis(s / 100), back = function(f) 100 * plogis(f))
)
part <- c()
for (y in c(2000, 2005, 2010)) for (income in c("gdp_per_head_2015_usd", "gdp_per_head_ppp")) for (base in c("value added", "GDP")) {
  d <- countries(y, income, base)
  china <- d[d$code == "CHN", ]
  unit <- place(y, income)
  points <- data.frame(income = unit$income + c(0, log(nb("persons", y) / registered(y))), size = unit$size)
  counted <- list(d$size > -Inf, d$size >= 0, d$size >= 0 & !d$special, d$size >= 0 & d$income >= -log(2) & d$income <= unit$income + log(2))
  for (rows in counted) for (form in forms) for (size in c("none", "log")) for (response in responses) {
    sample <- transform(d[rows & d$code != "CHN", ], share = response$to(share))
    fit <- lm(if (size == "log") update(form, . ~ . + size) else form, sample)
    at <- function(x) response$back(predict(fit, x))
    ends <- if (size == "log") rbind(points, transform(points, size = china$size)) else points
    for (own in c(china$share, in_yearbook(y))) part <- c(part, 100 * (own - at(china)) / (unit$share - at(ends)))
  }
}
put("ch03-lag-spec-part", median(part), quantile(part, c(0.25, 0.75)))

write_reference("yardsticks", values = values, published = published)
