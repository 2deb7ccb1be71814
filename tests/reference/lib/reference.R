# Read the project's tables and write reference results. A script of the folder above starts with
# source("lib/reference.R"), runs in that folder, and ends with write_reference().

options(warn = 2) # a coerced or recycled value would be a wrong reference

# One table of data/ as a data frame; empty cells are NA. Tables are UTF-8 in every locale.
read_table <- function(table) {
  read.csv(file.path("../../data", paste0(table, ".csv")), encoding = "UTF-8", na.strings = "")
}

# Compound growth between two levels, percent a year.
growth <- function(start, end, years) 100 * ((end / start)^(1 / years) - 1)

# Park and Miller's generator: whole numbers that a double holds exactly, the same in every language.
uniform <- function(n, seed) {
  x <- numeric(n)
  for (i in seq_len(n)) {
    seed <- (16807 * seed) %% 2147483647
    x[i] <- seed / 2147483647
  }
  x
}

# How far the percentile of these draws may lie from that of n others: exceeded once in a thousand times.
percentile_error <- function(draws, p, n) {
  both <- round(1 / (1 / n + 1 / length(draws)))
  ranks <- qbinom(c(0.0005, 0.9995), both, p) / both
  max(abs(quantile(draws, ranks, names = FALSE) - quantile(draws, p, names = FALSE)))
}

# Write NAME.json into the folder named on the command line, else here. `...` are named lists of
# numbers, or of texts; 15 digits are all that a double holds in every case.
# Blocks: `values` are compared with the code, `published` with the book. `tolerances` are absolute and by the key of
# `published`, `reasons` by the number's id; where there is none, both sides agree to rounding errors.
write_reference <- function(name, ...) {
  number <- function(key, x) {
    stopifnot(is.numeric(x), length(x) == 1, is.finite(x))
    sprintf("  \"%s\": %.15g", key, x)
  }
  text <- function(key, x) sprintf("  \"%s\": \"%s\"", key, x)
  object <- function(key, lines) sprintf(" \"%s\": {\n%s\n }", key, paste(lines, collapse = ",\n"))
  blocks <- list(...)
  for (block in blocks) stopifnot(!anyDuplicated(names(block)), nzchar(names(block)))
  packages <- sort(.packages(), method = "radix") # in the same order in every locale
  versions <- vapply(packages, function(p) as.character(packageVersion(p)), "")
  parts <- c(
    sprintf(" \"r\": \"%s\"", R.version.string),
    object("packages", text(packages, versions)),
    mapply(function(key, block) object(key, mapply(if (key == "reasons") text else number, names(block), block)), names(blocks), blocks)
  )
  folder <- c(commandArgs(trailingOnly = TRUE), ".")[1]
  # Bytes as they are: the same file on every system, UTF-8 and LF.
  file <- file(file.path(folder, paste0(name, ".json")), open = "wb")
  writeLines(enc2utf8(c("{", paste(parts, collapse = ",\n"), "}")), file, useBytes = TRUE)
  close(file)
}
