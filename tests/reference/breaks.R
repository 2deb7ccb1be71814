# Report 1: breaks in the growth of China's exports, unit roots and cointegration of yearly exports and imports.
# A break date is written as the position of the first period of the new regime; strucchange names the last
# one of the old. `values` are compared with the code, `published` with the built book.

suppressPackageStartupMessages({
  library(strucchange)
  library(sandwich)
  library(urca)
})
source("lib/reference.R")

monthly <- read_table("macro/china_exports_monthly")
values <- list()
published <- list()
put <- function(key, x) values[[key]] <<- unname(x)

# Quarterly growth, percent (log points), 1983 Q4 to 2010 Q4 -----------------------------------------

quarter <- (monthly$month - 1) %/% 3 + 1
totals <- aggregate(monthly$exports_100m_usd, list(q = quarter, y = monthly$year), sum)
growth <- 100 * diff(log(totals$x))
season <- totals$q[-1]
n <- length(growth)
put("n", n)
# Effects that add up to zero over the year: the constant is the mean growth.
effects <- sapply(1:3, function(q) (season == q) - (season == 4))
lags <- floor(4 * (n / 100)^(2 / 9))
put("lags", lags)
hac <- function(x, ...) NeweyWest(x, lag = lags, prewhite = FALSE, adjust = TRUE)

# sup-F: the mean alone, and all coefficients
models <- list(mean = growth ~ 1, all = growth ~ effects)
for (name in names(models)) {
  # The first candidate's old regime has floor(0.15 n) periods.
  from <- floor(0.15 * n)
  classical <- Fstats(models[[name]], from = from, to = n - from)
  robust <- Fstats(models[[name]], from = from, to = n - from, vcov. = hac)
  for (kind in c("classical", "hac")) {
    f <- if (kind == "classical") classical else robust
    put(sprintf("supf.%s.%s", name, kind), max(f$Fstats))
    put(sprintf("supf.%s.%s.date", name, kind), from + which.max(f$Fstats))
    put(sprintf("supf.%s.%s.p", name, kind), sctest(f, type = "supF")$p.value)
  }
}

# The mean alone beside constant seasonal effects, at known dates
known <- c("1994.1" = 1994.0, "2001.4" = 2001.75, "2005.3" = 2005.5, "2008.4" = 2008.75)
time <- totals$y[-1] + (season - 1) / 4
for (date in names(known)) {
  after <- as.numeric(time >= known[[date]])
  fit <- lm(growth ~ after + effects)
  put(paste0("wald.change.", date), coef(fit)[["after"]])
  put(paste0("wald.classical.", date), (coef(fit)[["after"]]^2) / vcov(fit)["after", "after"])
  put(paste0("wald.hac.", date), (coef(fit)[["after"]]^2) / hac(fit)["after", "after"])
}

# Bai and Perron, all coefficients and the mean alone, regimes of 16 observations
h <- floor(0.15 * n)
put("h", h)
segment_hac <- function(x, ...) NeweyWest(x, lag = 2, prewhite = FALSE, adjust = FALSE)
for (name in names(models)) {
  bp <- breakpoints(models[[name]], h = h, breaks = 4)
  table <- summary(bp)$RSS
  for (m in 0:4) {
    put(sprintf("bp.%s.ssr.%d", name, m), table["RSS", as.character(m)])
    put(sprintf("bp.%s.bic.%d", name, m), table["BIC", as.character(m)])
    if (m > 0) {
      dates <- breakpoints(bp, breaks = m)$breakpoints
      for (i in seq_along(dates)) put(sprintf("bp.%s.date.%d.%d", name, m, i), dates[i] + 1)
    }
  }
  for (kind in c("classical", "hac")) {
    interval <- if (kind == "classical") confint(bp, breaks = 2) else confint(bp, breaks = 2, vcov. = segment_hac)
    for (i in 1:2) {
      put(sprintf("bp.%s.%s.lo.%d", name, kind, i), interval$confint[i, 1] + 1)
      put(sprintf("bp.%s.%s.hi.%d", name, kind, i), interval$confint[i, 3] + 1)
    }
  }
}

# Bai and Perron on the detrended level, as nobody should
levels <- log(totals$x)
level_effects <- sapply(1:3, function(q) (totals$q == q) - (totals$q == 4))
detrended <- 100 * resid(lm(levels ~ seq_along(levels) + level_effects))
bp <- breakpoints(detrended ~ 1, h = floor(0.15 * length(levels)), breaks = 5)
put("level.breaks", length(breakpoints(bp)$breakpoints))
put("level.ssr", sum(residuals(bp)^2))
interval <- confint(bp)$confint
for (i in seq_len(nrow(interval))) {
  put(sprintf("level.lo.%d", i), interval[i, 1] + 1)
  put(sprintf("level.date.%d", i), interval[i, 2] + 1)
  put(sprintf("level.hi.%d", i), interval[i, 3] + 1)
}
published[["ch01-breaks-careless"]] <- values[["level.breaks"]]

# Seasonal effects in regimes, dates from the fit of all coefficients; the mean is the same throughout -------

dates <- breakpoints(breakpoints(models$all, h = h, breaks = 3))$breakpoints
regime <- factor(findInterval(seq_len(n), dates + 1))
moving <- model.matrix(~ 0 + regime:effects)
from <- floor(0.15 * n)
wald <- function(b, covariance) {
  after <- as.numeric(seq_len(n) >= b)
  fit <- lm(growth ~ after + moving)
  coef(fit)[["after"]]^2 / covariance(fit)["after", "after"]
}
candidates <- (from + 1):(n - from + 1)
for (kind in c("classical", "hac")) {
  path <- sapply(candidates, wald, covariance = if (kind == "classical") vcov else hac)
  published[[sprintf("ch01-breaks-supf-%s", kind)]] <- max(path)
}
for (date in names(known)) {
  after <- as.numeric(time >= known[[date]])
  fit <- lm(growth ~ after + moving)
  change <- 4 * coef(fit)[["after"]]
  half <- 4 * qt(0.975, df.residual(fit)) * sqrt(hac(fit)["after", "after"])
  id <- sprintf("ch01-breaks-change-%s", substr(date, 1, 4))
  published[c(id, paste0(id, "/lo"), paste0(id, "/hi"))] <- c(change, change - half, change + half)
}

# WTO entry in the sample that ends before the crisis: seasonal regimes and lags of that sample.
short <- seq_len(n) <= sum(time < 2008.75)
y <- growth[short]
m <- length(y)
short_effects <- effects[short, ]
dates <- breakpoints(breakpoints(y ~ short_effects, h = floor(0.15 * m), breaks = 3))$breakpoints
short_regime <- factor(findInterval(seq_len(m), dates + 1))
short_moving <- if (nlevels(short_regime) > 1) model.matrix(~ 0 + short_regime:short_effects) else short_effects
after <- as.numeric(time[short] >= known[["2001.4"]])
fit <- lm(y ~ after + short_moving)
newey_west <- NeweyWest(fit, lag = floor(4 * (m / 100)^(2 / 9)), prewhite = FALSE, adjust = TRUE)
for (id in c("ch01-breaks-wto", "ch01-breaks-wto-classical")) {
  half <- qt(0.975, df.residual(fit)) * sqrt((if (id == "ch01-breaks-wto") newey_west else vcov(fit))["after", "after"])
  published[paste0(id, c("", "/lo", "/hi"))] <- 4 * (coef(fit)[["after"]] + c(0, -half, half))
}

# Yearly exports and imports, 1984 to 2010 -----------------------------------------------------------

whole <- monthly$year >= 1984
yearly <- aggregate(monthly[whole, c("exports_100m_usd", "imports_100m_usd")], list(year = monthly$year[whole]), sum)
x <- log(yearly$exports_100m_usd)
m <- log(yearly$imports_100m_usd)
put("yearly.n", length(x))
for (name in c("exports", "imports")) {
  s <- if (name == "exports") x else m
  put(paste0("adf.", name), ur.df(s, type = "trend", lags = 1)@teststat[1, "tau3"])
  put(paste0("kpss.", name), ur.kpss(s, type = "tau", use.lag = 2)@teststat)
  za <- ur.za(s, model = "both", lag = 1)
  put(paste0("za.", name), za@teststat)
}
# Mean yearly growth to 2001 and from 2002 to 2008: China, the rest of the world, the difference; exact permutation.
world <- read_table("world/merchandise_exports")
rest <- world$exports_100m_usd[match(yearly$year, world$year)] - yearly$exports_100m_usd
by_year <- list(china = 100 * diff(x), rest = 100 * diff(log(rest)), lead = 100 * (diff(x) - diff(log(rest))))
to_2008 <- yearly$year[-1] <= 2008
boom <- yearly$year[-1][to_2008] >= 2002
# A limit: the shift of the boom at which its one-sided p-value, counted over all choices of as many years, passes 2.5 percent; by bisection.
limits <- function(g, boom, choices) {
  lost <- sum(boom) - colSums(matrix(boom[choices], sum(boom)))
  lead <- colSums(matrix(g[choices], sum(boom))) - sum(g[boom])
  others <- lost > 0 # the observed choice is as large as itself at every shift
  sapply(c(1, -1), function(side) {
    p_at <- function(shift) (1 + sum(side * (lead + shift * lost)[others] >= 0)) / length(lost)
    inside <- mean(g[boom]) - mean(g[!boom])
    outside <- inside - side * 100
    for (step in 1:50) {
      middle <- (inside + outside) / 2
      if (p_at(middle) > 0.025) inside <- middle else outside <- middle
    }
    inside
  })
}
choices <- combn(sum(to_2008), sum(boom))
for (name in names(by_year)) {
  g <- by_year[[name]][to_2008]
  published[paste0("ch01-breaks-world-", name, c("", "/lo", "/hi"))] <- c(mean(g[boom]) - mean(g[!boom]), limits(g, boom, choices))
}
published[["ch01-breaks-world-part"]] <- 100 * published[["ch01-breaks-world-rest"]] / published[["ch01-breaks-world-china"]]
g <- by_year$lead[to_2008]
sums <- colSums(matrix(g[choices], sum(boom)))
published[["ch01-breaks-world-lead-p"]] <- min(1, 2 * min(mean(sums >= sum(g[boom]) - 1e-9), mean(sums <= sum(g[boom]) + 1e-9)))
late <- yearly$year[-1][to_2008] >= 1991
published[paste0("ch01-breaks-world-lead-1991", c("", "/lo", "/hi"))] <- c(mean(g[boom]) - mean(g[late & !boom]), limits(g[late], boom[late], combn(sum(late), sum(boom))))

residuals <- resid(lm(x ~ m))
put("engle_granger", ur.df(residuals, type = "none", lags = 1)@teststat[1, "tau1"])
jo <- ca.jo(cbind(x, m), type = "trace", ecdet = "none", K = 2, spec = "transitory")
put("johansen.0", jo@teststat[2])
put("johansen.1", jo@teststat[1])
t <- 3:(length(x) - 1)
dm <- diff(m) # dm[s] is the change from s to s + 1
dols <- lm(x[t] ~ m[t] + dm[t - 2] + dm[t - 1] + dm[t])
put("dols.slope", coef(dols)[[2]])
put("dols.se", sqrt(NeweyWest(dols, lag = 2, prewhite = FALSE, adjust = TRUE)[2, 2]))
published[["ch01-breaks-adf"]] <- values[["adf.exports"]]
published[["ch01-breaks-johansen"]] <- values[["johansen.0"]]
published[["ch01-breaks-dols"]] <- values[["dols.slope"]]

write_reference("breaks", values = values, published = published)
