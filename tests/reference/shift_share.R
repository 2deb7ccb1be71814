# Binjiang: location quotients with intervals, Krugman's index, HHI, shift-share, implied levels and prices, and the exact
# test of binding against expected targets, in base R. Run by recreate.py.

source("lib/reference.R")

values <- list()
published <- list()

# Census -------------------------------------------------------------------------------------------

sections <- c(
  "agriculture", "mining", "manufacturing", "utilities", "construction", "trade", "transport", "hotels_catering", "information",
  "finance", "real_estate", "business_services", "research", "public_facilities", "household_services", "education", "health",
  "culture", "public_management"
)
census <- lapply(c("2010" = 2010, "2020" = 2020), function(y) read_table(paste0("zhejiang_counties/census_", y)))
jobs <- lapply(census, function(x) `dimnames<-`(as.matrix(x[paste0(sections, "_sampled")]), list(x$county_code, sections)))
at <- function(x) which(rownames(x) == "330108")
own <- lapply(jobs, function(x) x[at(x), ])
all <- lapply(jobs, colSums)
hangzhou <- lapply(c("2010" = "2010", "2020" = "2020"), function(y) colSums(jobs[[y]][census[[y]]$prefecture_code == 330100, ]))

# The quotient as a ratio of proportions; its interval from the variance of each log proportion.
design <- 3
log_variance <- function(x) (1 - prop.table(x)) / x
for (y in names(own)) {
  for (reference in list(list("", all), list("-hangzhou", hangzhou))) {
    other <- reference[[2]][[y]]
    quotient <- prop.table(own[[y]]) / prop.table(other)
    factor <- exp(qnorm(0.975) * sqrt(design * (log_variance(own[[y]]) + log_variance(other))))
    if (reference[[1]] == "") {
      values[paste0("lq.", y, ".", sections)] <- quotient
      values[paste0("lq.lo.", y, ".", sections)] <- quotient / factor
      values[paste0("lq.hi.", y, ".", sections)] <- quotient * factor
    }
    for (s in c("information", "research", "manufacturing")) {
      id <- sprintf("ch02-lq-%s%s-%s", s, reference[[1]], y)
      published[[id]] <- quotient[[s]]
      published[[paste0(id, "/lo")]] <- quotient[[s]] / factor[[s]]
      published[[paste0(id, "/hi")]] <- quotient[[s]] * factor[[s]]
    }
  }
  # Krugman's index as a Manhattan distance, HHI as a cross product.
  for (kind in c("all", "off-farm")) {
    keep <- if (kind == "all") sections else setdiff(sections, "agriculture")
    shares <- prop.table(jobs[[y]][, keep], 1)
    reference <- prop.table(all[[y]][keep])
    krugman <- apply(shares, 1, function(s) as.numeric(dist(rbind(s, reference), "manhattan")))
    hhi <- apply(shares, 1, function(s) drop(crossprod(s)))
    here <- at(jobs[[y]])
    values[[sprintf("krugman.%s.%s", kind, y)]] <- published[[sprintf("ch02-k-%s-%s", kind, y)]] <- krugman[[here]]
    values[[sprintf("hhi.%s.%s", kind, y)]] <- published[[sprintf("ch02-hhi-%s-%s", kind, y)]] <- hhi[[here]]
    published[[sprintf("ch02-k-%s-rank-%s", kind, y)]] <- rank(-krugman)[[here]]
    published[[sprintf("ch02-hhi-%s-rank-%s", kind, y)]] <- rank(-hhi)[[here]]
  }
  x <- census[[y]]
  college <- with(x, 100 * (college_persons + university_persons) / population_persons)
  published[[paste0("ch02-college-", y)]] <- college[[at(jobs[[y]])]]
  published[[paste0("ch02-college-rank-", y)]] <- rank(-college)[[at(jobs[[y]])]]
}

# Shift-share --------------------------------------------------------------------------------------

# As differences of hypothetical employment at the end: at the growth of all, of each industry of the province, and as it was.
start <- own[["2010"]]
end <- own[["2020"]]
growth_all <- sum(all[["2020"]]) / sum(all[["2010"]])
growth_each <- all[["2020"]] / all[["2010"]]
at_all <- start * growth_all
at_each <- start * growth_each
homothetic <- sum(start) * prop.table(all[["2010"]])
competitive <- homothetic * (end / start) - homothetic * growth_each
parts <- list(reference = at_all - start, mix = at_each - at_all, regional = end - at_each, competitive = competitive,
              allocation = end - at_each - competitive)
for (part in names(parts)) values[paste0("shift.", part, ".", sections)] <- parts[[part]]
relative <- lapply(parts, function(x) 100 * x / sum(at_all))
for (part in c("mix", "regional", "competitive", "allocation")) published[[paste0("ch02-shift-", part)]] <- sum(relative[[part]])
published[["ch02-shift-total"]] <- 100 * (sum(end) / sum(at_all) - 1)
published[["ch02-shift-information"]] <- relative$regional[["information"]]
published[["ch02-shift-mix-research"]] <- relative$mix[["research"]]
published[["ch02-shift-mix-weights/hi"]] <- 100 * (sum(end) / sum(end / growth_each) / growth_all - 1)

# District -----------------------------------------------------------------------------------------

district <- read_table("binjiang/district")
value <- function(name, y) district$value[district$indicator == name & district$year == y][1]
rise <- function(name) 1 + value(paste0(name, "_2016_over_2011"), 2016) / 100
city <- read_table("binjiang/hangzhou_gdp")
hangzhou_gdp <- setNames(city$gdp_100m_yuan, city$year)
published[["ch02-gdp-2011"]] <- value("gdp", 2016) / rise("gdp")
published[["ch02-deflator-district"]] <- 100 * (exp(log(rise("gdp")) - 5 * log1p(value("gdp_avg_growth_2012_2016", 2016) / 100)) - 1)
real <- sum(log1p(city$gdp_growth_percent[city$year %in% 2012:2016] / 100))
published[["ch02-deflator-hangzhou"]] <- 100 * (hangzhou_gdp[["2016"]] / hangzhou_gdp[["2011"]] / exp(real) - 1)
published[["ch02-services-2015"]] <- 100 * value("services_value_added", 2015) / value("gdp", 2015)

services <- sections[6:19]
job_share <- function(x) sum(x[services]) / sum(x)
odds <- function(p) p / (1 - p)
tertiary <- setNames(city$tertiary_100m_yuan / city$gdp_100m_yuan, city$year)
published[["ch02-odds-district-2010"]] <- odds(value("services_share", 2010) / 100) / odds(job_share(own[["2010"]]))
published[["ch02-odds-district-2020"]] <- odds(value("services_share", 2017) / 100) / odds(job_share(own[["2020"]]))
for (y in c("2010", "2020")) published[[paste0("ch02-odds-hangzhou-", y)]] <- odds(tertiary[[y]]) / odds(job_share(hangzhou[[y]]))

# Binding and expected targets ---------------------------------------------------------------------

count <- read_table("plans/press_count")
rows <- setNames(count$rows, count$nature)
missed <- setNames(count$missed, count$nature)
p_of <- function(b, e, ...) fisher.test(rbind(c(e, rows[["expected"]] - e), c(b, rows[["binding"]] - b)), ...)$p.value
published[["ch02-binding-p"]] <- p_of(missed[["binding"]], missed[["expected"]], alternative = "greater")
published[["ch02-binding-p-two"]] <- p_of(missed[["binding"]], missed[["expected"]])
published[["ch02-binding-p-letter"]] <- p_of(1, missed[["expected"]], alternative = "greater")
grid <- expand.grid(b = 0:rows[["binding"]], e = 0:rows[["expected"]])
grid$rejects <- mapply(function(b, e) p_of(b, e, alternative = "greater") < 0.05, grid$b, grid$e)
power <- function(rate) with(subset(grid, b == 0), sum(dbinom(e, rows[["expected"]], rate)[rejects]))
published[["ch02-binding-needed"]] <- min(subset(grid, b == 0 & rejects)$e)
published[["ch02-binding-power"]] <- 100 * power(missed[["expected"]] / rows[["expected"]])
published[["ch02-binding-power-half"]] <- 100 * power(0.5)
bounds <- 100 * binom.test(missed[["expected"]], rows[["expected"]])$conf.int
published[["ch02-binding-rate-expected/lo"]] <- bounds[1]
published[["ch02-binding-rate-expected/hi"]] <- bounds[2]

write_reference("shift_share", values = values, published = published)
