# The provinces side by side: levels, changes, trends with adjusted p-values, joint sets of ranks, and tests of yearly changes permuted
# jointly. The joint test is that of multtest (Pollard, Dudoit and van der Laan), which enumerates all assignments.

source("lib/reference.R")
suppressPackageStartupMessages(library(multtest))

first <- read_table("macro/provinces_first_print")
revised <- read_table("macro/provinces_gdp_revised")
rates <- read_table("macro/exchange_rates")

published <- list()
put <- function(id, x, lo = NULL, hi = NULL) {
  published[[paste0("ch01a-", id)]] <<- unname(x)
  if (!is.null(lo)) {
    published[[paste0("ch01a-", id, "/lo")]] <<- unname(lo)
    published[[paste0("ch01a-", id, "/hi")]] <<- unname(hi)
  }
}

# Years in rows, provinces in columns; years without every province are left out.
wide <- function(table, column) {
  table <- table[!is.na(table[[column]]), ]
  tapply(table[[column]], list(table$year, table$province_en), identity)
}
exports <- wide(first, "exports_by_origin_10k_usd") / 1e4
rate <- setNames(rates$fed_yuan_per_usd, rates$year)
ratio <- function(gdp) {
  years <- intersect(rownames(exports), rownames(gdp))
  found <- 100 * exports[years, ] * rate[years] / gdp[years, colnames(exports)]
  found[complete.cases(found), ]
}
panels <- list(
  census2018 = ratio(wide(revised[revised$vintage == "census2018_revised", ], "gdp_100m_yuan")),
  first = ratio(wide(first, "gdp_100m_yuan"))
)
panel <- panels$census2018
years <- as.numeric(rownames(panel))
stopifnot(years == 1998:2010, rownames(panels$first)[1] == "1998")

values <- list()
for (year in rownames(panel)) values[paste("ratio", year, colnames(panel), sep = ".")] <- panel[year, ]

put("level", panel["2005", "Zhejiang"])
put("rank-level", sum(panel["2005", ] >= panel["2005", "Zhejiang"]))
put("median", median(panel["2005", ]))

rise <- sapply(panels, function(x) x["2010", ] - x["1998", ])
outside <- rise[!rownames(rise) %in% c("Shanghai", "Jiangsu", "Zhejiang"), ]
named <- list(zhejiang = "Zhejiang", shanghai = "Shanghai", jiangsu = "Jiangsu", "next" = names(which.max(outside[, "census2018"])))
for (slug in names(named)) put(paste0("change-", slug), rise[named[[slug]], "census2018"], min(rise[named[[slug]], ]), max(rise[named[[slug]], ]))
put("risen", sum(rise[, "census2018"] > 0))
put("provinces", ncol(panel))

# Slopes with standard errors: of the level on the year, or the mean of yearly changes. Both have 11 degrees of freedom.
trends <- list(
  levels = function(y) summary(lm(y ~ years))$coefficients["years", 1:2],
  changes = function(y) {
    fit <- summary(lm(diff(y) ~ 1))
    fit$coefficients[1, 1:2]
  }
)
df <- length(years) - 2
p <- ncol(panel)
for (assumption in names(trends)) {
  trend <- trends[[assumption]]
  each <- apply(panel, 2, trend)
  values[paste(assumption, colnames(panel), sep = ".")] <- each[1, ]
  pvalues <- 2 * pt(-abs(each[1, ] / each[2, ]), df)
  adjusted <- list(p = pvalues, holm = p.adjust(pvalues, "holm"), by = p.adjust(pvalues, "BY"))
  for (name in names(adjusted)) {
    put(paste("rising", assumption, name, sep = "-"), sum(adjusted[[name]] < 0.05 & each[1, ] > 0))
    put(paste("falling", assumption, name, sep = "-"), sum(adjusted[[name]] < 0.05 & each[1, ] < 0))
  }
  # All pairs at once: Bonferroni over the p (p - 1) / 2 differences.
  reach <- qt(1 - 0.05 / (p * (p - 1) / 2) / 2, df)
  sets <- sapply(colnames(panel), function(own) {
    others <- setdiff(colnames(panel), own)
    found <- apply(panel[, own] - panel[, others], 2, trend)
    c(1 + sum(found[1, ] < 0), 1 + sum(found[1, ] + reach * found[2, ] < 0), p - sum(found[1, ] - reach * found[2, ] > 0))
  })
  put(paste0("rank-", assumption), sets[1, "Zhejiang"], sets[2, "Zhejiang"], sets[3, "Zhejiang"])
  put(paste0("known-", assumption), sum(sets[2, ] == sets[3, ]))
}

# Yearly changes of 1999 to 2001 against 2002 to 2007.
changes <- diff(panel)[as.character(1999:2007), ]
late <- as.integer(1999:2007 >= 2002)
# mt.maxT writes its progress to the console.
invisible(capture.output(joint <- mt.maxT(t(changes), late, test = "t.equalvar", side = "abs", B = 0)))
put("accession-alone", sum(joint$rawp < 0.05))
put("accession-joint", sum(joint$adjp < 0.05))
put("accession-joint-least", min(joint$adjp))
put("accession-zhejiang", joint$adjp[match("Zhejiang", rownames(joint))])
put("assignments", choose(9, 3))
put("accession-smallest", 1 / choose(9, 3))
put("accession-smallest-holm", min(p.adjust(c(1 / choose(9, 3), rep(1, p - 1)), "holm")))
put("accession-larger", sum(colMeans(changes[late == 1, ]) > colMeans(changes[late == 0, ])))

# The mean over provinces: all assignments, and the shifts that the two one-sided tests do not reject.
mean_change <- rowMeans(changes)
groups <- combn(9, 6)
difference <- function(x) apply(groups, 2, function(inside) mean(x[inside]) - mean(x[-inside]))
observed <- mean(mean_change[late == 1]) - mean(mean_change[late == 0])
tails <- function(shift) {
  all <- difference(mean_change - shift * late)
  own <- observed - shift
  c(mean(all >= own - 1e-9), mean(all <= own + 1e-9))
}
put("accession-mean-p", min(1, 2 * min(tails(0))))
bisect <- function(rejects, from, to) {
  for (i in 1:200) {
    middle <- (from + to) / 2
    if (rejects(middle)) from <- middle else to <- middle
  }
  (from + to) / 2
}
put("accession-mean", observed, bisect(function(s) tails(s)[1] <= 0.025, -50, observed), bisect(function(s) tails(s)[2] <= 0.025, 50, observed))

write_reference("provinces", values = values, published = published,
  tolerances = list("ch01a-accession-mean/lo" = 1e-6, "ch01a-accession-mean/hi" = 1e-6),
  reasons = list("ch01a-accession-mean" = "ends of the interval found by bisection"))
