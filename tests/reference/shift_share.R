# Binjiang: location quotients with intervals, Krugman's index, HHI, shift-share, implied levels and prices, and the exact
# test of binding against expected targets, in base R. Run by recreate.py.

source("lib/reference.R")

values <- list()
published <- list()
tolerances <- list()
reasons <- list()

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
  shares_here <- 100 * prop.table(own[[y]])
  published[[paste0("ch02-counties-", y)]] <- nrow(jobs[[y]])
  published[[paste0("ch02-knowledge-", y)]] <- sum(shares_here[c("information", "research")])
  published[[paste0("ch02-manufacturing-", y)]] <- shares_here[["manufacturing"]]
  for (s in c("information", "research", "manufacturing")) {
    of_counties <- jobs[[y]][, s] / rowSums(jobs[[y]])
    published[[sprintf("ch02-lq-%s-rank-%s", s, y)]] <- 1 + sum(of_counties > of_counties[[at(jobs[[y]])]])
  }
  services <- sections[6:19]
  p <- sum(own[[y]][services]) / sum(own[[y]])
  half <- 1.96 * sqrt(design * p * (1 - p) / sum(own[[y]]))
  published[paste0("ch02-services-jobs-", y, c("", "/lo", "/hi"))] <- 100 * c(p, p - half, p + half)
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
  # Ranks in samples redrawn for every county, by other random numbers; the book has 400 of them.
  set.seed(1)
  ranks <- replicate(1000, {
    drawn <- jobs[[y]]
    drawn[] <- design * rpois(length(drawn), drawn / design)
    c(unlist(lapply(list("all" = sections, "off-farm" = setdiff(sections, "agriculture")), function(keep) {
      s <- prop.table(drawn[, keep], 1)
      reference <- prop.table(colSums(drawn[, keep]))
      c(k = rank(-rowSums(abs(sweep(s, 2, reference))))[[here]], hhi = rank(-rowSums(s^2))[[here]])
    })), services.hhi = rank(-rowSums(prop.table(drawn[, sections[6:19]], 1)^2))[[here]])
  })
  for (name in rownames(ranks)) {
    parts <- strsplit(name, ".", fixed = TRUE)[[1]]
    id <- sprintf("ch02-%s-%s-rank-%s", parts[2], parts[1], y)
    for (end in list(c("/lo", 0.025), c("/hi", 0.975))) {
      key <- paste0(id, end[1])
      published[[key]] <- quantile(ranks[name, ], as.numeric(end[2]), names = FALSE)
      tolerances[[key]] <- max(1, percentile_error(ranks[name, ], as.numeric(end[2]), 400))
    }
    reasons[[id]] <- "error of 400 random samples, at least one rank"
  }
  of_services <- apply(prop.table(jobs[[y]][, sections[6:19]], 1), 1, function(s) drop(crossprod(s)))
  published[[paste0("ch02-hhi-services-rank-", y)]] <- rank(-of_services)[[at(jobs[[y]])]]
  published[[paste0("ch02-services-information-", y)]] <- 100 * prop.table(own[[y]][sections[6:19]])[["information"]]
  x <- census[[y]]
  college <- with(x, 100 * (college_persons + university_persons) / population_persons)
  published[[paste0("ch02-college-", y)]] <- college[[at(jobs[[y]])]]
  published[[paste0("ch02-college-rank-", y)]] <- rank(-college)[[at(jobs[[y]])]]
}

# Other yardsticks for information in 2010: the urban districts, and jobs off the farm; the lead over the second county.
y2010 <- jobs[["2010"]]
urban <- colSums(y2010[grepl("\u533a$", census[["2010"]]$county_zh), ])
here <- own[["2010"]]
yardsticks <- list(districts = list(here, urban), `off-farm` = list(here[-1], all[["2010"]][-1])) # agriculture is the first section
for (slug in names(yardsticks)) {
  sides <- yardsticks[[slug]]
  quotient <- (prop.table(sides[[1]]) / prop.table(sides[[2]]))[["information"]]
  factor <- exp(qnorm(0.975) * sqrt(design * (log_variance(sides[[1]]) + log_variance(sides[[2]]))[["information"]]))
  id <- sprintf("ch02-lq-information-%s-2010", slug)
  published[c(id, paste0(id, c("/lo", "/hi")))] <- c(quotient, quotient / factor, quotient * factor)
}
proportion <- y2010[, "information"] / rowSums(y2010)
best <- order(-proportion)[1:2]
stopifnot(rownames(y2010)[best[1]] == "330108")
lead <- proportion[[best[1]]] - proportion[[best[2]]]
spread <- sum(proportion[best] * (1 - proportion[best]) / rowSums(y2010)[best])
published[["ch02-information-lead-2010"]] <- 100 * lead
published[["ch02-rank-design-effect"]] <- lead^2 / (1.96^2 * spread)

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
# Samples redrawn for Binjiang and the rest of the province, by other random numbers; the book has 2000 of them.
set.seed(2)
rest <- Map(function(x, y) x - y, all, own)
redraw <- function(x) design * rpois(length(x), x / design)
draws <- replicate(20000, {
  start <- redraw(start)
  end <- redraw(end)
  before <- start + redraw(rest[["2010"]])
  now <- end + redraw(rest[["2020"]])
  scale <- sum(now) / sum(before)
  mix <- 100 * (sum(start * now / before) / sum(start) / scale - 1)
  total <- 100 * (sum(end) / sum(start) / scale - 1)
  c(total = total, mix = mix, regional = total - mix)
})
# The part of households in the long form, as far as it is known.
long_form <- read_table("zhejiang_counties/long_form_2020")
counted <- census[["2020"]]$households[match(long_form$county_code, census[["2020"]]$county_code)]
log_part <- log(long_form$households_sampled / counted) - log(sum(long_form$households_sampled) / sum(counted))
here <- match(330108, long_form$county_code)
sampled <- exp(log_part[here])
corrected <- (100 + published[["ch02-shift-total"]]) / sampled - 100
published[["ch02-shift-regional-wide"]] <- corrected - published[["ch02-shift-mix"]]
wide <- (100 + draws["total", ]) / sampled * exp(rnorm(ncol(draws), 0, sd(log_part))) - 100 - draws["mix", ]
simulated <- list("total" = draws["total", ], "mix" = draws["mix", ], "regional" = draws["regional", ], "regional-wide" = wide)
for (name in names(simulated)) {
  id <- paste0("ch02-shift-", name)
  for (p in c(0.025, 0.975)) {
    key <- paste0(id, if (p < 0.5) "/lo" else "/hi")
    published[[key]] <- quantile(simulated[[name]], p, names = FALSE)
    tolerances[[key]] <- percentile_error(simulated[[name]], p, 2000)
  }
  reasons[[id]] <- "error of 2000 random samples"
}
published[["ch02-shift-mix-weights/hi"]] <- 100 * (sum(end) / sum(end / growth_each) / growth_all - 1)

# The mix as growth of the reference with the region's weights over its own growth: other references and sections.
mix_of <- function(reference, group = sections) {
  keep <- !is.na(group)
  of <- function(x) tapply(x[keep], group[keep], sum)
  g <- of(reference[["2020"]]) / of(reference[["2010"]])
  100 * (weighted.mean(g, of(start)) / (sum(reference[["2020"]][keep]) / sum(reference[["2010"]][keep])) - 1)
}
no_farms <- ifelse(sections == "agriculture", NA, sections)
one <- function(group) ifelse(group %in% c("information", "business_services", "research", "trade"), "one", group)
elsewhere <- Map(`-`, all, hangzhou)
readings <- c(`off-farm` = mix_of(all, no_farms), elsewhere = mix_of(elsewhere), merged = mix_of(all, one(sections)), least = mix_of(all, one(no_farms)))
published[paste0("ch02-shift-mix-", names(readings))] <- readings
published[["ch02-shift-mix-readings"]] <- mix_of(all)
published[["ch02-shift-mix-readings/lo"]] <- min(readings)
published[["ch02-shift-mix-readings/hi"]] <- max(readings, published[["ch02-shift-mix-weights/hi"]])
# The old districts of Hangzhou, which have the same areas in both years.
old <- as.character(330102:330106)
names_2010 <- census[["2010"]]$county_zh[match(old, rownames(jobs[["2010"]]))]
stopifnot(names_2010 %in% census[["2020"]]$county_zh)
of_old <- sapply(old, function(code) 100 * (weighted.mean(growth_each, jobs[["2010"]][code, ]) / growth_all - 1))
published[paste0("ch02-shift-mix-old-districts", c("", "/lo", "/hi"))] <- c(median(of_old), range(of_old))

# District -----------------------------------------------------------------------------------------

district <- read_table("binjiang/district")
value <- function(name, y) district$value[district$indicator == name & district$year == y][1]
rise <- function(name) 1 + value(paste0(name, "_2016_over_2011"), 2016) / 100
city <- read_table("binjiang/hangzhou_gdp")
hangzhou_gdp <- setNames(city$gdp_100m_yuan, city$year)
published[["ch02-gdp-2011"]] <- value("gdp", 2016) / rise("gdp")
published[["ch02-deflator-district"]] <- 100 * (exp(log(rise("gdp")) - 5 * log1p(value("gdp_avg_growth_2012_2016", 2016) / 100)) - 1)
for (s in c(-1, 1)) { # one printed decimal
  rises <- 1 + (value("gdp_2016_over_2011", 2016) + s * 0.05) / 100
  yearly <- 1 + (value("gdp_avg_growth_2012_2016", 2016) - s * 0.05) / 100
  published[[paste0("ch02-deflator-district", if (s < 0) "/lo" else "/hi")]] <- 100 * (rises / yearly^5 - 1)
}
real <- sum(log1p(city$gdp_growth_percent[city$year %in% 2012:2016] / 100))
published[["ch02-deflator-hangzhou"]] <- 100 * (hangzhou_gdp[["2016"]] / hangzhou_gdp[["2011"]] / exp(real) - 1)
published[["ch02-services-2015"]] <- 100 * value("services_value_added", 2015) / value("gdp", 2015)

own_growth <- function(name, y) 1 + district$growth_percent[district$indicator == name & district$year == y][1] / 100
back <- function(name) value(name, 2016) / own_growth(name, 2016)
published[["ch02-services-2015/lo"]] <- published[["ch02-services-2015"]]
published[["ch02-services-2015/hi"]] <- 100 * back("services_value_added") / back("gdp")
targets <- read_table("plans/targets_outcomes")
published[["ch02-services-target"]] <- subset(targets, plan == 12 & area_code == 330108 & indicator == "services_share_gdp")$target

# Where levels and growth part: before and after 2014, and with industry's value added at its ratio to sales of 2011.
average <- 5 * log1p(value("gdp_avg_growth_2012_2016", 2016) / 100)
printed_growth <- function(y) log1p(district$growth_percent[district$indicator == "gdp" & district$year == y][1] / 100)
late <- printed_growth(2015) + printed_growth(2016)
price <- function(log_level, log_growth) 100 * expm1(log_level - log_growth)
gdp_2011 <- value("gdp", 2016) / rise("gdp")
published[["ch02-deflator-to-2014"]] <- price(log(value("gdp", 2014) / gdp_2011), average - late)
published[["ch02-deflator-from-2014"]] <- price(log(value("gdp", 2016) / value("gdp", 2014)), late)
city_growth <- function(years) sum(log1p(city$gdp_growth_percent[city$year %in% years] / 100))
published[["ch02-deflator-hangzhou-to-2014"]] <- price(log(hangzhou_gdp[["2014"]] / hangzhou_gdp[["2011"]]), city_growth(2012:2014))
published[["ch02-deflator-hangzhou-from-2014"]] <- price(log(hangzhou_gdp[["2016"]] / hangzhou_gdp[["2014"]]), city_growth(2015:2016))
to_sales <- function(y) value("industrial_value_added", y) / value("industrial_sales_output", y)
ratio_2011 <- to_sales(2016) * rise("industrial_sales_output") / rise("industrial_value_added")
published[["ch02-industry-value-rise"]] <- 100 * (rise("industrial_value_added") - 1)
published[["ch02-industry-sales-rise"]] <- 100 * (rise("industrial_sales_output") - 1)
published[["ch02-industry-ratio-2011"]] <- 100 * ratio_2011
for (y in c(2014, 2016)) published[[paste0("ch02-industry-ratio-", y)]] <- 100 * to_sales(y)
# Had value added risen with sales, GDP would be less by what the ratio gained.
gdp_then <- function(y) value("gdp", y) - (to_sales(y) - ratio_2011) * value("industrial_sales_output", y)
published[["ch02-deflator-old-ratio"]] <- price(log(gdp_then(2016) / gdp_2011), average)
# One printed decimal of each figure. Sales themselves cancel out: prices rise with the first list and fall with the second.
decimal <- function(sign, name, year = 2016) value(name, year) + sign * 0.05
for (s in c(-1, 1)) {
  kept <- (1 + decimal(s, "industrial_sales_output_2016_over_2011") / 100) / (1 + decimal(-s, "industrial_value_added_2016_over_2011") / 100)
  gdp_kept <- 1 - decimal(-s, "industrial_value_added") / decimal(s, "gdp") * (1 - kept)
  published[[paste0("ch02-deflator-old-ratio", if (s < 0) "/lo" else "/hi")]] <-
    100 * (gdp_kept * (1 + decimal(s, "gdp_2016_over_2011") / 100) / (1 + decimal(-s, "gdp_avg_growth_2012_2016") / 100)^5 - 1)
}
published[["ch02-of-hangzhou-old-ratio"]] <- 100 * gdp_then(2016) / hangzhou_gdp[["2016"]]
for (y in c(2015, 2016)) published[[sprintf("ch02-services-%s-old-ratio", y)]] <- 100 * value("services_value_added", y) / gdp_then(y)
published[["ch02-services-miss-old-ratio"]] <- published[["ch02-services-target"]] - published[["ch02-services-2015-old-ratio"]]
published[["ch02-services-2010"]] <- value("services_share", 2010)

services <- sections[6:19]
job_share <- function(x) sum(x[services]) / sum(x)
odds <- function(p) p / (1 - p)
tertiary <- setNames(city$tertiary_100m_yuan / city$gdp_100m_yuan, city$year)
published[["ch02-odds-district-2010"]] <- odds(value("services_share", 2010) / 100) / odds(job_share(own[["2010"]]))
published[["ch02-odds-district-2020"]] <- odds(value("services_share", 2017) / 100) / odds(job_share(own[["2020"]]))
for (y in c("2010", "2020")) published[[paste0("ch02-odds-hangzhou-", y)]] <- odds(tertiary[[y]]) / odds(job_share(hangzhou[[y]]))

fall <- function(s) log(published[["ch02-odds-district-2010"]] * odds(job_share(own[["2020"]])) / odds(s))
published[["ch02-services-ratio-part"]] <-
  100 * (1 - fall(published[["ch02-services-2016-old-ratio"]] / 100) / fall(value("services_value_added", 2016) / value("gdp", 2016)))
heads <- lapply(census, function(x) {
  c(x$population_persons[x$county_code %in% 330108], sum(x$population_persons[x$prefecture_code == 330100]))
})
published[["ch02-per-resident-2010"]] <- value("gdp", 2010) / hangzhou_gdp[["2010"]] / (heads[["2010"]][1] / heads[["2010"]][2])
published[["ch02-per-resident-2021"]] <- value("gdp", 2021) / hangzhou_gdp[["2021"]] / (heads[["2020"]][1] / heads[["2020"]][2])

# Binding and expected targets ---------------------------------------------------------------------

count <- read_table("plans/press_count")
rows <- setNames(count$rows, count$nature)
missed <- setNames(count$missed, count$nature)
published[["ch02-expected-missed"]] <- missed[["expected"]]
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

write_reference("shift_share", values = values, published = published, tolerances = tolerances, reasons = reasons)
