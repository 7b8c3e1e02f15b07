# Reads the files of a data set with what R has for them, and writes what it sees as text, for the tests beside.
# Rscript read_back.R FOLDER STEM: cells, labels and value labels as <reader>_cells.csv and so on in FOLDER.
suppressPackageStartupMessages(library(haven))
library(foreign)
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
stem <- arguments[2]
path <- function(name) file.path(folder, name)

exactly <- function(values) {
  if (is.factor(values)) return(as.character(values))
  if (inherits(values, "Date")) return(format(values))
  if (is.numeric(values)) return(ifelse(is.na(unclass(values)), NA, sprintf("%.17g", as.numeric(unclass(values)))))
  as.character(values)
}
save <- function(columns, name) {
  write.csv(as.data.frame(columns, check.names = FALSE), path(name), row.names = FALSE, na = "", fileEncoding = "UTF-8")
}
save_labels <- function(data, name) {
  labels <- vapply(data, function(values) { label <- attr(values, "label"); if (is.null(label)) "" else label }, "")
  save(list(variable = names(data), label = unname(labels)), name)
}
save_value_labels <- function(data, name, code) {
  rows <- lapply(names(data), function(variable) {
    labels <- attr(data[[variable]], "labels")
    if (is.null(labels)) return(NULL)
    data.frame(variable = variable, value = code(labels), label = names(labels))
  })
  save(do.call(rbind, rows), name)
}

sav <- read_sav(path(paste0(stem, ".sav")), user_na = TRUE)
save(lapply(sav, exactly), "haven_sav_cells.csv")
save(lapply(sav, function(values) ifelse(is.na(values), "NA", "")), "haven_sav_missing.csv")
save_labels(sav, "haven_sav_labels.csv")
save_value_labels(sav, "haven_sav_value_labels.csv", function(labels) sprintf("%.17g", labels))

dta <- read_dta(path(paste0(stem, ".dta")))
save(lapply(dta, function(values) {
  text <- exactly(values)
  if (is.double(values) && !inherits(values, "Date")) text <- ifelse(is.na(na_tag(values)), text, paste0(".", na_tag(values)))
  text
}), "haven_dta_cells.csv")
save_labels(dta, "haven_dta_labels.csv")
save_value_labels(dta, "haven_dta_value_labels.csv", function(labels) {
  tags <- na_tag(labels)
  ifelse(is.na(tags), sprintf("%.17g", labels), paste0(".", tags))
})

spss <- suppressWarnings(read.spss(path(paste0(stem, ".sav")), use.value.labels = FALSE, use.missings = FALSE, to.data.frame = TRUE))
save(lapply(spss, exactly), "foreign_sav_cells.csv")

source(path(paste0(stem, ".R")))
save(lapply(data_set, exactly), "script_cells.csv")
save_labels(data_set, "script_labels.csv")
levels_of <- lapply(Filter(is.factor, data_set), function(values) paste(levels(values), collapse = "|"))
save(list(variable = names(levels_of), levels = unlist(levels_of)), "script_levels.csv")
