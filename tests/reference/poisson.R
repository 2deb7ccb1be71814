# Knowledge production of the provinces: Poisson regressions with a dummy for each province and year (glm), clustered standard
# errors (sandwich), the wild score bootstrap by enumeration, the negative binomial (MASS), and the descriptive figures on
# patents. Run by recreate.py.

source("lib/reference.R")
suppressWarnings(suppressPackageStartupMessages({
  library(MASS)
  library(sandwich)
}))

panel <- read_table("innovation/province_rd_patents")
panel <- panel[order(panel$province_code, panel$year), ]
types <- c("invention", "utility", "design")
values <- list()
published <- list()
tolerances <- list()
reasons <- list()

at <- function(column, lag) {
  panel[[column]][match(paste(panel$province_code, panel$year - lag), paste(panel$province_code, panel$year))]
}
for (lag in 1:3) {
  panel[[paste0("staff", lag)]] <- log(at("rd_staff_fte", lag))
  panel[[paste0("spending", lag)]] <- log(at("rd_exp_10k_yuan", lag))
}
panel$next1 <- log(at("rd_staff_fte", -1))
panel$staff0 <- log(panel$rd_staff_fte)

window <- function(first, last, columns) {
  d <- panel[panel$year >= first & panel$year <= last, ]
  d <- d[complete.cases(d[columns]), ]
  d$p <- factor(d$province_code)
  d$t <- factor(d$year)
  d
}
tight <- glm.control(epsilon = 1e-14, maxit = 100)
ppml <- function(outcome, regressors, d, offset = rep(0, nrow(d))) {
  d$shift <- offset
  # A deviance of a hundred thousand cannot settle to the last bit: R may warn that it did not.
  suppressWarnings(glm(reformulate(c(regressors, "p", "t", "offset(shift)"), outcome), poisson, d, control = tight))
}

# Estimates and clustered standard errors -----------------------------------------------------------

windows <- list(
  grants = list("grants", "staff", 2009, 2023), early = list("grants", "staff", 2009, 2016), late = list("grants", "staff", 2014, 2023),
  applications = list("applications", "staff", 2010, 2023), spending = list("grants", "spending", 2013, 2023)
)
for (name in names(windows)) {
  w <- windows[[name]]
  for (type in types) {
    for (lag in 1:3) {
      outcome <- paste(w[[1]], type, sep = "_")
      regressor <- paste0(w[[2]], lag)
      d <- window(w[[3]], w[[4]], c(outcome, regressor))
      fit <- ppml(outcome, regressor, d)
      key <- paste(name, type, lag, sep = ".")
      values[[paste0(key, ".estimate")]] <- coef(fit)[[regressor]]
      values[[paste0(key, ".se")]] <- sqrt(vcovCL(fit, cluster = ~p, type = "HC1", cadjust = TRUE)[regressor, regressor])
      values[[paste0(key, ".deviance")]] <- deviance(fit)
      values[[paste0(key, ".n")]] <- nrow(d)
      if (type == "invention") published[[sprintf("ch04-ppml-%s-invention-%d", name, lag)]] <- coef(fit)[[regressor]]
    }
  }
}
d <- window(2010, 2022, c("staff1", "staff0", "next1"))
leads <- ppml("grants_invention", c("staff1", "staff0", "next1"), d)
published[["ch04-ppml-lead-invention-past"]] <- coef(leads)[["staff1"]]
published[["ch04-ppml-lead-invention-same"]] <- coef(leads)[["staff0"]]
published[["ch04-ppml-lead-invention-next"]] <- coef(leads)[["next1"]]
values[["leads.past.se"]] <- sqrt(vcovCL(leads, cluster = ~p, type = "HC1")["staff1", "staff1"])

# Leaving out one province, and the weight of each
d <- window(2009, 2023, "staff1")
left <- sapply(levels(d$p), function(code) coef(ppml("grants_invention", "staff1", droplevels(d[d$p != code, ])))[["staff1"]])
published[["ch04-ppml-left-out-invention"]] <- median(left)
published[["ch04-ppml-left-out-invention/lo"]] <- min(left)
published[["ch04-ppml-left-out-invention/hi"]] <- max(left)
expected <- fitted(ppml("grants_invention", "staff1", d))
weight <- tapply(expected * residuals(lm(staff1 ~ p + t, d, weights = expected))^2, d$p, sum)
published[["ch04-ppml-clusters"]] <- sum(weight)^2 / sum(weight^2)
published[["ch04-ppml-largest"]] <- 100 * max(weight) / sum(weight)

# Other samples and controls: staff since the inventory, the size of the economy, a trend for each province
panel$gdp <- panel$rd_exp_10k_yuan / panel$rd_gdp_yearbook_percent
panel$size <- log(at("gdp", 1))
since_inventory <- window(2010, 2023, "staff1")
published[["ch04-ppml-inventory"]] <- coef(ppml("grants_invention", "staff1", since_inventory))[["staff1"]]
sized <- window(2012, 2023, "size")
published[["ch04-ppml-size"]] <- coef(ppml("grants_invention", c("staff1", "size"), sized))[["staff1"]]
published[["ch04-ppml-size-without"]] <- coef(ppml("grants_invention", "staff1", sized))[["staff1"]]
trends <- paste0("trend", levels(d$p)[-1]) # one province fewer: the years' effects hold what all share
d[trends] <- sapply(levels(d$p)[-1], function(code) (d$p == code) * (d$year - 2016))
all_years <- d
published[["ch04-ppml-trend"]] <- coef(ppml("grants_invention", c("staff1", trends), d))[["staff1"]]

# The negative binomial with dummies
for (type in types) {
  nb <- suppressWarnings(glm.nb(reformulate(c("staff1", "p", "t"), paste0("grants_", type)), d, control = glm.control(epsilon = 1e-12, maxit = 200)))
  # The chapter searches over the dispersion, and the likelihood is flat at the top.
  for (part in list(list("nb", coef(nb)[["staff1"]]), list("dispersion", 1 / nb$theta))) {
    key <- sprintf("ch04-ppml-%s-%s", part[[1]], type)
    published[[key]] <- part[[2]]
    tolerances[[key]] <- 1e-4 * part[[2]]
    reasons[[key]] <- "flat likelihood"
  }
}
# Grants on applications of earlier years
for (type in types) {
  outcome <- paste0("grants_", type)
  for (lag in 0:3) panel[[paste0("filed", lag)]] <- log(at(paste0("applications_", type), lag))
  d <- window(2013, 2023, paste0("filed", 0:3))
  without <- deviance(ppml(outcome, character(), d))
  explained <- sapply(0:3, function(lag) 100 * (1 - deviance(ppml(outcome, paste0("filed", lag), d)) / without))
  published[[paste0("ch04-ppml-examination-", type)]] <- which.max(explained) - 1
  published[[sprintf("ch04-ppml-examination-%s-part", type)]] <- max(explained)
}

# The wild score bootstrap, every vector of signs of eight provinces ---------------------------------

d <- droplevels(subset(window(2009, 2023, "staff1"), province_code %in% c(110000, 120000, 210000, 310000, 320000, 330000, 370000, 440000)))
signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), nlevels(d$p))))
p_value <- function(outcome, null) {
  m <- fitted(ppml(outcome, character(), d, null * d$staff1))
  cleaned <- residuals(lm(staff1 ~ p + t, d, weights = m))
  scores <- tapply(cleaned * (d[[outcome]] - m), d$p, sum)
  t_of <- function(s) abs(sum(s)) / sqrt(sum(s^2)) # studentised, as Kline and Santos do
  own <- t_of(scores)
  mean(apply(signs, 1, function(w) t_of(w * scores)) >= own - 1e-9)
}
bound <- function(outcome, sign) { # where the p-value falls to one in five
  estimate <- coef(ppml(outcome, "staff1", d))[["staff1"]]
  near <- estimate
  far <- estimate + sign * 4
  stopifnot(p_value(outcome, far) <= 0.2)
  for (step in 1:40) {
    middle <- (near + far) / 2
    if (p_value(outcome, middle) <= 0.2) far <- middle else near <- middle
  }
  far
}
for (type in c("invention", "utility")) {
  outcome <- paste0("grants_", type)
  values[[paste0("enumerated.", type, ".p")]] <- p_value(outcome, 0)
  values[[paste0("enumerated.", type, ".lo")]] <- bound(outcome, -1)
  values[[paste0("enumerated.", type, ".hi")]] <- bound(outcome, 1)
}

# All provinces and every vector of signs, counted from the sums of two halves: where the p-value crosses five percent, and how far the
# error of the book's 9999 draws moves that.
exact_interval <- function(id, d, controls = character()) {
  halves <- split(seq_len(nlevels(d$p)), seq_len(nlevels(d$p)) <= nlevels(d$p) / 2)
  signs <- lapply(halves, function(half) as.matrix(expand.grid(rep(list(c(-1, 1)), length(half)))))
  p_at <- function(null) {
    d$m <- fitted(ppml("grants_invention", controls, d, null * d$staff1))
    cleaned <- residuals(lm(reformulate(c(controls, "p", "t"), "staff1"), d, weights = m))
    scores <- tapply(cleaned * (d$grants_invention - d$m), d$p, sum)
    sums <- Map(function(vectors, half) sort(drop(vectors %*% scores[half])), signs, halves)
    own <- abs(sum(scores)) * (1 - 1e-9)
    smaller <- findInterval(own - sums[[2]], sums[[1]], left.open = TRUE) - findInterval(-own - sums[[2]], sums[[1]])
    1 - mean(smaller) / length(sums[[1]])
  }
  p_error <- 3.3 * sqrt(0.05 * 0.95 / 9999) # exceeded once in a thousand
  for (side in c("lo", "hi")) {
    key <- paste0(id, "/", side)
    ends <- sort(published[[id]] + c(0, if (side == "lo") -0.5 else 0.5))
    cross <- function(p) uniroot(function(null) p_at(null) - p, ends, tol = 1e-6)$root
    published[[key]] <<- cross(0.05)
    tolerances[[key]] <<- max(abs(c(cross(0.05 - p_error), cross(0.05 + p_error)) - published[[key]]))
  }
  reasons[[id]] <<- "error of 9999 random sign vectors, here all"
}
exact_interval("ch04-ppml-grants-invention-1", all_years)
exact_interval("ch04-ppml-trend", all_years, trends)
exact_interval("ch04-ppml-inventory", since_inventory)
exact_interval("ch04-ppml-size", sized, "size")

# R&D and patents -------------------------------------------------------------------------------------

zhejiang <- panel[panel$province_code == 330000, ]
rownames(zhejiang) <- zhejiang$year
total <- function(column) tapply(panel[[column]], panel$year, sum)
z <- function(column) setNames(zhejiang[[column]], zhejiang$year)
rank_of <- function(x, year) { # Zhejiang's, the largest first
  rows <- panel$year == year
  rank(-x[rows])[panel$province_code[rows] == 330000]
}
ratio <- ifelse(is.na(panel$rd_gdp_yearbook_percent), panel$rd_gdp_replication_percent, panel$rd_gdp_yearbook_percent)
published[["ch04-patents-rd-rank-2006"]] <- rank_of(ratio, 2006)
published[["ch04-patents-rd-rank-2023"]] <- rank_of(ratio, 2023)
published[["ch04-patents-staff-share-2023"]] <- 100 * z("rd_staff_fte")[["2023"]] / total("rd_staff_fte")[["2023"]]
for (type in types) {
  column <- paste0("grants_", type)
  for (year in c("2007", "2010", "2016", "2020", "2023")) {
    published[[sprintf("ch04-patents-staff-%s-%s", type, year)]] <-
      (z(column) / z("rd_staff_fte"))[[year]] / (total(column) / total("rd_staff_fte"))[[year]]
    published[[sprintf("ch04-patents-staff-%s-rank-%s", type, year)]] <- rank_of(panel[[column]] / panel$rd_staff_fte, as.integer(year))
  }
  stock <- paste0("in_force_", type)
  kept <- function(d) 100 * d[[stock]][d$year == 2023] / (d[[stock]][d$year == 2010] + sum(d[[column]][d$year > 2010]))
  published[[paste0("ch04-patents-kept-", type)]] <- kept(zhejiang)
  published[[sprintf("ch04-patents-kept-%s-rank", type)]] <- rank(-sapply(split(panel, panel$province_code), kept))[["330000"]]
}
for (year in c("2007", "2010", "2017", "2020", "2023")) {
  published[[paste0("ch04-patents-share-", year)]] <- 100 * (z("grants_invention") / z("grants_total"))[[year]]
  published[[paste0("ch04-patents-share-nation-", year)]] <- 100 * (total("grants_invention") / total("grants_total"))[[year]]
}
parts <- function(of) {
  list(intensity = of("rd_staff_fte") / of("population_10k"), propensity = of("grants_total") / of("rd_staff_fte"), type = of("grants_invention") / of("grants_total"))
}
own <- parts(z)
nation <- parts(total)
years <- as.character(2007:2016)
for (year in c("2007", "2016")) {
  gap <- sapply(names(own), function(n) log(own[[n]][[year]] / nation[[n]][[year]]))
  published[[paste0("ch04-patents-gap-head-", year)]] <- exp(sum(gap))
  published[sprintf("ch04-patents-gap-head-%s-%s", names(gap), year)] <- gap
}
lmdi <- function(part) {
  whole <- Reduce(`*`, part)[years]
  weight <- diff(whole) / diff(log(whole))
  100 * sapply(part, function(x) sum(weight * diff(log(x[years])))) / (whole[["2016"]] - whole[["2007"]])
}
for (side in c("zhejiang", "nation")) {
  split_up <- lmdi(if (side == "zhejiang") own else nation)
  published[sprintf("ch04-patents-lmdi-head-%s-%s", side, names(split_up))] <- split_up
}

# Patents per resident of the other provinces on GDP per resident, in logs, and Zhejiang against them
for (year in c(2007, 2016)) {
  rows <- panel[panel$year == year, ]
  rows$income <- log(rows$gdp_100m_yuan / rows$population_10k)
  for (type in types) {
    rows$patents <- log(rows[[paste0("grants_", type)]] / rows$population_10k)
    fit <- lm(patents ~ income, rows, subset = province_code != 330000)
    point <- c(1, rows$income[rows$province_code == 330000])
    distance <- rows$patents[rows$province_code == 330000] - sum(point * coef(fit))
    half <- qt(0.975, df.residual(fit)) * sqrt(drop(point %*% vcovHC(fit, "HC3") %*% point))
    published[paste0(sprintf("ch04-patents-income-%s-%d", type, year), c("", "/lo", "/hi"))] <- 100 * expm1(distance + c(0, -half, half))
  }
}

# Zhejiang's residual against the median province
for (type in types) {
  fit <- ppml(paste0("grants_", type), "staff1", window(2009, 2023, "staff1"))
  d <- subset(panel, year >= 2009)
  left <- log(d[[paste0("grants_", type)]]) - coef(fit)[["staff1"]] * d$staff1
  distance <- left - ave(left, d$year, FUN = median)
  mean_of <- function(years) tapply(distance[d$year %in% years], d$province_code[d$year %in% years], mean)
  change <- mean_of(2021:2023) - mean_of(2009:2011)
  published[[paste0("ch04-ppml-residual-", type)]] <- change[["330000"]]
  published[[sprintf("ch04-ppml-residual-%s-rank", type)]] <- rank(change)[["330000"]]
}

write_reference("poisson", values = values, published = published, tolerances = tolerances, reasons = reasons)
