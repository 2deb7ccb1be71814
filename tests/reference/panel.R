# Two-way fixed effects with plm, sandwich and lmtest: growth of provincial GDP on lagged export dependence, and the
# arithmetic of value added in exports. Run by recreate.py.

source("lib/reference.R")
suppressWarnings(suppressPackageStartupMessages({
  library(plm)
  library(lmtest)
  library(sandwich)
}))

first <- read_table("macro/provinces_first_print")
revised <- subset(read_table("macro/provinces_gdp_revised"), vintage == "census2018_revised")
rates <- read_table("macro/exchange_rates")
value_added <- read_table("macro/provinces_export_value_added")

values <- list()
published <- list()
tolerances <- list()
reasons <- list()
step <- 10 # coefficients are per so many percentage points of dependence
published[["ch01-panel-step"]] <- step

# One row a province and year: growth in percent, exports over GDP in tens of percent, lags by year.
build <- function(gdp) {
  d <- merge(first[c("province_code", "year", "exports_by_origin_10k_usd")], gdp, all = TRUE)
  d <- merge(d, rates[c("year", "fed_yuan_per_usd")], all.x = TRUE)
  d$exports <- d$exports_by_origin_10k_usd * d$fed_yuan_per_usd / 1e4
  d <- d[d$province_code != 540000, ] # Tibet has no exports in the panel
  at <- function(column, lag) {
    d[[column]][match(paste(d$province_code, d$year - lag), paste(d$province_code, d$year))]
  }
  d$growth <- 100 * (log(d$gdp_100m_yuan) - log(at("gdp_100m_yuan", 1)))
  d$ratio <- 100 / step * d$exports / d$gdp_100m_yuan
  d$lag1 <- at("ratio", 1)
  d$lag2 <- at("ratio", 2)
  d$earlier <- 100 / step * at("exports", 1) / at("gdp_100m_yuan", 2)
  d$doublings <- log2(at("exports", 1))
  d$next_year <- log2(at("exports", -1))
  d$growth1 <- at("growth", 1)
  d
}
panels <- list(
  revised = build(revised[c("province_code", "year", "gdp_100m_yuan")]),
  first = build(first[c("province_code", "year", "gdp_100m_yuan")])
)
panels$first$growth[panels$first$year == 2005] <- NA # the first print of 2005 is on the basis of the census of 2004

complete <- function(d, years, columns) {
  d <- d[d$year %in% years & complete.cases(d[c("growth", columns)]), ]
  d[order(d$province_code, d$year), ]
}

# The estimate and its clustered standard errors: the dummy regression with G/(G-1) (n-1)/(n-K), and plm's three.
reference <- function(key, d, regressor, controls = character()) {
  formula <- reformulate(c(regressor, controls), "growth")
  within <- plm(formula, d, index = c("province_code", "year"), effect = "twoways", model = "within")
  dummies <- lm(update(formula, . ~ . + factor(province_code) + factor(year)), d)
  stopifnot(all.equal(coef(within)[[regressor]], coef(dummies)[[regressor]]))
  error <- function(v) sqrt(v[regressor, regressor])
  values[[paste0(key, ".estimate")]] <<- coef(within)[[regressor]]
  values[[paste0(key, ".n")]] <<- nrow(d)
  hc1 <- vcovCL(dummies, cluster = ~province_code, type = "HC1", cadjust = TRUE)
  values[[paste0(key, ".se.cl.hc1")]] <<- coeftest(dummies, hc1)[regressor, "Std. Error"]
  values[[paste0(key, ".se.hc0")]] <<- error(vcovHC(within, method = "arellano", type = "HC0", cluster = "group"))
  values[[paste0(key, ".se.sss")]] <<- error(vcovHC(within, method = "arellano", type = "sss", cluster = "group"))
  coef(within)[[regressor]]
}

periods <- list(all = 1999:2010, before = 1999:2007, after = 2008:2010)
estimates <- list()
for (vintage in names(panels)) {
  for (regressor in c("lag1", "lag2")) {
    for (period in names(periods)) {
      key <- paste(vintage, regressor, period, sep = ".")
      d <- complete(panels[[vintage]], periods[[period]], regressor)
      estimates[[key]] <- reference(key, d, regressor)
    }
  }
  for (regressor in c("earlier", "doublings", "next_year")) {
    key <- paste(vintage, regressor, "all", sep = ".")
    estimates[[key]] <- reference(key, complete(panels[[vintage]], periods$all, regressor), regressor)
  }
  key <- paste(vintage, "lagged_growth", "all", sep = ".")
  estimates[[key]] <- reference(key, complete(panels[[vintage]], periods$all, c("lag1", "growth1")), "lag1", "growth1")
  # A trend for each province: in the dummy regression only, since plm has no such effect.
  d <- complete(panels[[vintage]], periods$all, "lag1")
  trends <- lm(growth ~ lag1 + factor(year) + factor(province_code) + factor(province_code):year, d)
  key <- paste(vintage, "trends", "all", sep = ".")
  estimates[[key]] <- values[[paste0(key, ".estimate")]] <- coef(trends)[["lag1"]]
}
published[["ch01-panel-lag1"]] <- estimates[["revised.lag1.all"]]
published[["ch01-panel-lag2"]] <- estimates[["revised.lag2.all"]]
published[["ch01-panel-earlier"]] <- estimates[["revised.earlier.all"]]
published[["ch01-panel-doubling"]] <- estimates[["revised.doublings.all"]]
published[["ch01-panel-next-year"]] <- estimates[["revised.next_year.all"]]
published[["ch01-panel-trends"]] <- estimates[["revised.trends.all"]]
published[["ch01-panel-before"]] <- estimates[["revised.lag1.before"]]
published[["ch01-panel-after"]] <- estimates[["revised.lag1.after"]]
published[["ch01-panel-change"]] <- estimates[["revised.lag1.after"]] - estimates[["revised.lag1.before"]]
published[["ch01-panel-first-lag1"]] <- estimates[["first.lag1.all"]]
published[["ch01-panel-first-trends"]] <- estimates[["first.trends.all"]]

plain <- function(d) coef(plm(growth ~ lag1, d, index = c("province_code", "year"), effect = "twoways"))[["lag1"]]
with_2005 <- build(first[c("province_code", "year", "gdp_100m_yuan")])
published[["ch01-panel-first-2005"]] <- plain(complete(with_2005, periods$all, "lag1"))
published[["ch01-panel-first-2009"]] <- plain(complete(panels$first, setdiff(periods$all, 2009), "lag1"))

d <- complete(panels$revised, periods$all, "lag1")
halves <- c(plain(d[d$year <= 2004, ]), plain(d[d$year > 2004, ]))
published[["ch01-panel-half-1"]] <- halves[1]
published[["ch01-panel-half-2"]] <- halves[2]
published[["ch01-panel-jackknife"]] <- 2 * plain(d) - mean(halves)
left_out <- sapply(unique(d$province_code), function(code) plain(d[d$province_code != code, ]))
published <- c(published, setNames(as.list(c(plain(d), range(left_out))), paste0("ch01-panel-left-out", c("", "/lo", "/hi"))))
mining <- c(140000, 150000, 230000, 610000, 650000) # Shanxi, Inner Mongolia, Heilongjiang, Shaanxi, Xinjiang
published[["ch01-panel-no-mining"]] <- plain(d[!d$province_code %in% mining, ])
# Years of their own for the eastern provinces, or in proportion to the log of GDP per head of 1998.
eastern <- c(110000, 120000, 130000, 210000, 310000, 320000, 330000, 350000, 370000, 440000, 460000)
heads <- subset(first, year == 1998)
for (vintage in names(panels)) {
  other_years <- complete(panels[[vintage]], periods$all, "lag1")
  other_years$east <- as.numeric(other_years$province_code %in% eastern)
  per_head <- panels$revised$gdp_100m_yuan[match(paste(heads$province_code, 1998), paste(panels$revised$province_code, panels$revised$year))] / heads$population_10k
  other_years$income <- log(per_head)[match(other_years$province_code, heads$province_code)]
  for (weight in c("east", "income")) {
    fit <- lm(reformulate(c("lag1", "factor(province_code)", "factor(year)", paste0("factor(year):", weight)), "growth"), other_years)
    published[[paste0("ch01-panel-", weight, if (vintage == "first") "-first" else "")]] <- coef(fit)[["lag1"]]
  }
}
leverage <- tapply(residuals(lm(lag1 ~ factor(province_code) + factor(year), d))^2, d$province_code, sum)
published[["ch01-panel-leverage"]] <- 100 * leverage[["310000"]] / sum(leverage)

at_year <- function(y) with(subset(panels$revised, year == y), ratio[order(province_code)])
published[["ch01-panel-rise-rank"]] <- cor(at_year(1998), at_year(2007) - at_year(1998), method = "spearman")

# The wild cluster bootstrap by brute force: eight provinces, every vector of signs, a regression a draw.
codes <- c(110000, 120000, 210000, 310000, 320000, 330000, 370000, 440000)
d <- d[d$province_code %in% codes, ]
values[["enumerated.clusters"]] <- length(codes)
statistic <- function(y, null) {
  d$y <- y
  fit <- lm(y ~ lag1 + factor(province_code) + factor(year), d)
  (coef(fit)[["lag1"]] - null) / sqrt(vcovCL(fit, cluster = ~province_code, type = "HC1")["lag1", "lag1"])
}
signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(codes))))
for (null in c(0, -2, 1)) {
  d$restricted <- d$growth - null * d$lag1
  fit <- lm(restricted ~ factor(province_code) + factor(year), d)
  drawn <- apply(signs, 1, function(w) {
    statistic(null * d$lag1 + fitted(fit) + residuals(fit) * w[match(d$province_code, codes)], null)
  })
  own <- statistic(d$growth, null)
  values[[sprintf("enumerated.t.%d", null)]] <- own
  values[[sprintf("enumerated.p.%d", null)]] <- mean(abs(drawn) >= abs(own) - 1e-9)
}

# The interval with all provinces, by other random signs: a regression of each draw on dummies, residuals by cluster. The ends are
# where the share of draws with a larger t crosses five percent. Their error is that of the p-value of 9999 draws, and of these.
bootstrap_interval <- function(id, d, effects) {
  set.seed(1)
  codes <- unique(d$province_code)
  dummies <- qr(model.matrix(effects, d))
  x <- qr.resid(dummies, d$lag1)
  y <- qr.resid(dummies, d$growth)
  member <- outer(d$province_code, codes, "==") * 1
  draws <- member %*% matrix(sample(c(-1, 1), length(codes) * 4999, replace = TRUE), length(codes))
  # Estimates and the scores of clusters are linear in the outcome, so that one regression on y and one on x serve every null.
  fit <- function(u) { # u: one column a draw
    b <- drop(crossprod(x, u)) / sum(x^2)
    list(b = b, scores = crossprod(member, x * (u - outer(x, b))))
  }
  t_at <- function(null, of_y, of_x) abs(of_y$b - null * of_x$b) / sqrt(colSums((of_y$scores - null * of_x$scores)^2))
  drawn <- lapply(list(y, x), function(column) fit(qr.resid(dummies, column * draws)))
  own <- lapply(list(y, x), function(column) fit(as.matrix(column)))
  p_at <- function(null) mean(t_at(null, drawn[[1]], drawn[[2]]) >= t_at(null, own[[1]], own[[2]]))
  estimate <- sum(x * y) / sum(x^2)
  p_error <- 3.3 * sqrt(0.05 * 0.95 * (1 / 9999 + 1 / 4999)) # exceeded once in a thousand
  for (side in c("lo", "hi")) {
    key <- paste0(id, "/", side)
    outer_end <- estimate + (if (side == "lo") -2 else 2)
    cross <- function(p) uniroot(function(null) p_at(null) - p, sort(c(estimate, outer_end)), tol = 1e-3)$root
    end <- cross(0.05)
    published[[key]] <<- end
    tolerances[[key]] <<- max(abs(c(cross(0.05 - p_error), cross(0.05 + p_error)) - end))
  }
  reasons[[id]] <<- "error of 9999 random sign vectors"
}
d <- complete(panels$revised, periods$all, "lag1")
bootstrap_interval("ch01-panel-lag1", d, ~ factor(province_code) + factor(year))
d$east <- as.numeric(d$province_code %in% eastern)
bootstrap_interval("ch01-panel-east", d, ~ factor(province_code) + factor(year) + factor(year):east)

# Value added in exports ---------------------------------------------------------------------------

of_others <- "value_added_of_others_in_own_exports_100m_yuan"
in_others <- "own_value_added_in_exports_of_others_100m_yuan"
levels <- subset(value_added, year == 2007)
levels$gross <- 100 * levels$exports_100m_yuan / levels$gdp_100m_yuan
levels$value <- 100 * levels$value_added_in_exports_100m_yuan / levels$gdp_100m_yuan
levels$home <- levels$value_added_in_exports_100m_yuan - levels[[in_others]]
levels$abroad <- levels$exports_100m_yuan - levels$home - levels[[of_others]]
stopifnot(levels$abroad > 0)
descending <- function(x) rank(-x)[levels$province_code == 330000]
z <- subset(levels, province_code == 330000)
published[["ch01-va-gross"]] <- z$gross
published[["ch01-va-value"]] <- z$value
published[["ch01-va-gross-rank"]] <- descending(levels$gross)
published[["ch01-va-value-rank"]] <- descending(levels$value)
published[["ch01-va-own"]] <- 100 * z$home / z$gdp_100m_yuan
published[["ch01-va-through"]] <- 100 * z[[in_others]] / z$gdp_100m_yuan
published[["ch01-va-home"]] <- 100 * z$home / z$exports_100m_yuan
published[["ch01-va-others"]] <- 100 * z[[of_others]] / z$exports_100m_yuan
published[["ch01-va-abroad"]] <- 100 * z$abroad / z$exports_100m_yuan
published[["ch01-va-abroad-all"]] <- 100 * (1 - sum(levels$value_added_in_exports_100m_yuan) / sum(levels$exports_100m_yuan))
published[["ch01-va-given"]] <- z[[of_others]] / z[[in_others]]
all_years <- subset(value_added, province_code == 330000)
own <- function(year, d) { # share of GDP, without what comes through other provinces; d shifts the printed percents
  row <- all_years[all_years$year == year, ]
  (row$value_added_in_exports_percent + d) * (1 - (row$through_others_percent - d) / 100)
}
for (year in c(1997, 2002)) {
  keys <- paste0(sprintf("ch01-va-own-%d", year), c("", "/lo", "/hi"))
  published <- c(published, setNames(as.list(c(own(year, 0), own(year, -0.5), own(year, 0.5))), keys))
  published[[sprintf("ch01-va-domestic-others-%d", year)]] <-
    all_years$others_in_domestic_value_added_percent[all_years$year == year]
}
published[["ch01-va-domestic-others-2007"]] <- 100 * z[[of_others]] / (z[[of_others]] + z$home)
# By trade mode: contents of national studies, at the printed shares of ordinary trade.
content <- read_table("input_output/published_export_content")
of <- function(a, b) {
  content$share_percent[content$study == a & content$exports == b & content$method != "imports in proportion (HIY)" & content$year == 2007]
}
ordinary <- of("koopman2012", "merchandise, normal trade")
processing <- c(of("koopman2012", "merchandise, processing trade"), 100 - of("kee2016", "processing trade"))
foreign <- as.vector(outer(c(0.70, 0.85), processing, function(part, other) part * ordinary + (1 - part) * other))
at_home <- (100 - foreign) * z$home / (z$home + z[[of_others]])
ends <- function(id, x) published[paste0(id, c("", "/lo", "/hi"))] <<- c(mean(range(x)), range(x))
ends("ch01-va-abroad-modes", foreign)
ends("ch01-va-home-modes", at_home)
published[["ch01-va-ordinary-needed"]] <- 100 * (processing[1] - published[["ch01-va-abroad"]]) / (processing[1] - ordinary)
panel_2007 <- subset(panels$first, year == 2007 & province_code == 330000)
published[["ch01-va-customs"]] <- 10 * panel_2007$ratio

# What came in the slump: growth less that of 2004 to 2006, on dependence in tens of percent, HC3.
growth <- with(panels$revised, tapply(growth, list(province_code, year), identity))
normal <- rowMeans(growth[, c("2004", "2005", "2006")])
outcomes <- list("2009" = growth[, "2009"] - normal, "2009-2010" = rowMeans(growth[, c("2009", "2010")]) - normal)
for (measure in c("gross", "value")) {
  x <- levels[[measure]][match(rownames(growth), levels$province_code)] / 10
  for (outcome in names(outcomes)) {
    fit <- lm(outcomes[[outcome]] ~ x)
    interval <- coefci(fit, "x", vcov. = vcovHC(fit, type = "HC3"))
    id <- sprintf("ch01-va-slump-%s-%s", measure, outcome)
    published <- c(published, setNames(as.list(c(coef(fit)[["x"]], interval)), paste0(id, c("", "/lo", "/hi"))))
  }
}

write_reference("panel", values = values, published = published, tolerances = tolerances, reasons = reasons)
