# Structural decomposition of the growth of services' output, 2002 to 2007, by brute force: every one of the 7! orders of the
# determinants is walked through, at current prices and at constant ones. `published` are the numbers of chapter 3a.

source("lib/reference.R")

sectors <- read_table("input_output/sectors_42")
groups <- unique(sectors$group38)
services <- unique(sectors$group38[sectors$part == "services"])

# A table of the 38 groups: flows, uses, and the rest by group.
io_table <- function(year) {
  frame <- read_table(sprintf("input_output/china_%d_42", year))
  cells <- frame[match(sectors$sector, frame$row), ]
  by_row <- function(m) rowsum(as.matrix(m), sectors$group38, reorder = FALSE)
  Z <- t(by_row(t(by_row(cells[sectors$sector]))))
  use <- by_row(cells[c("rural_household_consumption", "urban_household_consumption", "government_consumption",
                        "gross_fixed_capital_formation", "inventory_change", "exports", "imports", "errors_others", "gross_output")])
  list(Z = Z, use = use)
}

# Each row divided by the price of its product.
deflate <- function(table, price) list(Z = table$Z / price, use = table$use / price)

determinants <- function(table) {
  u <- table$use
  domestic_use <- rowSums(table$Z) + rowSums(u[, 1:5])
  list(
    technology = sweep(table$Z, 2, u[, "gross_output"], "/"), imports = u[, "imports"] / domestic_use,
    households = u[, 1] + u[, 2], government = u[, 3], investment = u[, 4] + u[, 5], exports = u[, "exports"], discrepancy = u[, "errors_others"]
  )
}

# Output of services.
output <- function(d) {
  domestic <- 1 - d$imports
  x <- solve(diag(length(domestic)) - domestic * d$technology,
             domestic * (d$households + d$government + d$investment) + d$exports + d$discrepancy)
  sum(x[match(services, groups)])
}

permutations <- function(items) {
  if (length(items) == 1) return(list(items))
  do.call(c, lapply(seq_along(items), function(i) lapply(permutations(items[-i]), function(rest) c(items[i], rest))))
}

# Mean, range and polar mean of each effect, in percent of output at the start.
decompose <- function(start, end) {
  known <- new.env()
  value <- function(changed) {
    key <- paste(c("none", sort(changed)), collapse = " ")
    if (is.null(known[[key]])) {
      d <- start
      d[changed] <- end[changed]
      known[[key]] <- output(d)
    }
    known[[key]]
  }
  names <- names(start)
  steps <- function(order) {
    path <- vapply(0:length(order), function(n) value(order[seq_len(n)]), 0)
    setNames(diff(path), order)[names]
  }
  all <- vapply(permutations(names), steps, setNames(numeric(length(names)), names))
  stopifnot(ncol(all) == factorial(length(names)))
  scale <- 100 / output(start)
  list(mean = rowMeans(all) * scale, low = apply(all, 1, min) * scale, high = apply(all, 1, max) * scale,
       polar = (steps(names) + steps(rev(names))) / 2 * scale, growth = (output(end) - output(start)) * scale)
}

# Implicit deflators of value added, 2007 over 2002: current over constant prices, constant prices linked in 2005.
nominal <- read_table("macro/china_gdp_sectors")
nominal <- nominal[nominal$vintage == "post_census", ]
real <- read_table("macro/china_gdp_constant")
columns <- c("gdp_100m_yuan", "primary_100m_yuan", "secondary_100m_yuan")
parts <- function(row) c(row[[2]], row[[3]], row[[1]] - row[[2]] - row[[3]])
at <- function(base, year) parts(real[real$price_base_year == base & real$year == year, columns])
volume <- at(2000, 2005) / at(2000, 2002) * at(2005, 2007) / at(2005, 2005)
deflator <- parts(nominal[nominal$year == 2007, columns]) / parts(nominal[nominal$year == 2002, columns]) / volume
part <- sectors$part[match(groups, sectors$group38)]
price <- deflator[ifelse(part == "agriculture", 1, ifelse(part == "services", 3, 2))]

start <- determinants(io_table(2002))
found <- list(x = decompose(start, determinants(io_table(2007))), real = decompose(start, determinants(deflate(io_table(2007), price))))

values <- list()
published <- list()
for (prices in names(found)) {
  f <- found[[prices]]
  for (side in c("mean", "low", "high", "polar")) values[paste(prices, side, names(start), sep = ".")] <- f[[side]]
  # Import substitution is next to nothing: a difference of large numbers, known to fewer digits.
  for (name in setdiff(names(start), "imports")) {
    id <- sprintf("ch03a-sda-%s-%s", prices, name)
    published[[id]] <- f$mean[[name]]
    published[[paste0(id, "/lo")]] <- f$low[[name]]
    published[[paste0(id, "/hi")]] <- f$high[[name]]
  }
}
# The part of household consumption, in percent of growth, with the range over orders and sets of prices.
indices <- read_table("macro/china_price_indices")
linked <- function(index) prod(indices[[paste0(index, "_previous_year_100")]][indices$year %in% 2003:2007] / 100)
goods <- c(agriculture = linked("producer_prices_farm"), construction = linked("fixed_investment_prices"), services = deflator[3])
priced <- function(services) {
  of <- replace(goods, "services", services)[part]
  replace(of, is.na(of), linked("producer_prices_manufactured"))
}
sets <- c(found, list(
  goods = decompose(start, determinants(deflate(io_table(2007), priced(deflator[3])))),
  consumer = decompose(start, determinants(deflate(io_table(2007), priced(linked("consumer_prices")))))
))
in_growth <- function(side) sapply(sets, function(f) 100 * f[[side]][["households"]] / f$growth)
published[["ch03a-sda-share-households"]] <- in_growth("mean")[["x"]]
published[["ch03a-sda-share-households/lo"]] <- min(in_growth("low"))
published[["ch03a-sda-share-households/hi"]] <- max(in_growth("high"))
published[["ch03a-sda-growth"]] <- found$x$growth
published[["ch03a-sda-growth-real"]] <- found$real$growth

# The table of 2007 with services covered as in 2002: what is added is bought by households, or by sectors as they bought before.
coverage <- function(year) {
  frame <- read_table(sprintf("input_output/china_%d_42", year))
  own <- sectors$sector[sectors$part == "services"]
  in_table <- sum(frame[frame$row %in% c("compensation_of_employees", "net_taxes_on_production", "depreciation_of_fixed_assets", "operating_surplus"), own])
  in_table / parts(nominal[nominal$year == year, columns])[3]
}
missing_part <- coverage(2002) / coverage(2007) - 1
published[["ch03a-sda-sold-households"]] <- in_growth("mean")[["x"]]
for (buyers in c("inputs", "bought")) {
  table <- io_table(2007)
  i <- match(services, groups)
  added <- missing_part * table$use[i, "gross_output"]
  if (buyers == "inputs") table$Z[i, ] <- table$Z[i, ] * (1 + added / rowSums(table$Z[i, ])) else table$use[i, 2] <- table$use[i, 2] + added
  table$use[i, "gross_output"] <- table$use[i, "gross_output"] + added
  f <- decompose(start, determinants(table))
  id <- sprintf("ch03a-sda-%s-technology", buyers)
  published[[id]] <- f$mean[["technology"]]
  published[[paste0(id, "/lo")]] <- f$low[["technology"]]
  published[[paste0(id, "/hi")]] <- f$high[["technology"]]
  published[[paste0("ch03a-sda-sold-households/", if (buyers == "inputs") "lo" else "hi")]] <- 100 * f$mean[["households"]] / f$growth
}

write_reference("decomposition", values = values, published = published)
