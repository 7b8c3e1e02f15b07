# The example study in plain R, from the raw exports to every result: the witness of the whole way.
#
#   Rscript tests/witness/peer_workers.R [STUDY FOLDER] > tests/witness/peer_workers.csv
#
# Written apart from the package: its own readers, its own keys, R's t.test. Needs r-base-core and r-cran-foreign only.
# Output: a line with R's version, then result_id,value with 17 significant digits, in the order of the ids.

arguments <- commandArgs(trailingOnly = TRUE)
study <- if (length(arguments)) arguments[1] else "data/peer_workers"
only <- function(folder, ending) {
  found <- list.files(file.path(study, "raw", folder), pattern = ending, full.names = TRUE)
  stopifnot(length(found) == 1)
  found
}

# ---- reading -------------------------------------------------------------------------------------------------------
roster <- read.csv(only("roster", "csv$"), sep = ";", dec = ",", fileEncoding = "UTF-8-BOM", check.names = FALSE,
                   colClasses = "character", na.strings = "")
t1 <- read.csv(only("T1", "csv$"), fileEncoding = "cp1252", check.names = FALSE, colClasses = "character",
               blank.lines.skip = TRUE)
t2 <- read.csv(only("T2", "csv$"), fileEncoding = "UTF-8-BOM", check.names = FALSE, colClasses = "character")
t2 <- t2[-(1:2), ]
t2 <- t2[t2$Status != "Survey Preview" & t2$Finished == "True", ]
t3 <- as.data.frame(suppressWarnings(foreign::read.spss(only("T3", "sav$"), use.value.labels = FALSE, use.missings = FALSE)),
                    stringsAsFactors = FALSE, check.names = FALSE)

number <- function(text, low, high) {
  text <- trimws(text)
  text[text == "1 (low end)"] <- "1"
  text[text == "5 (high end)"] <- "5"
  value <- suppressWarnings(as.numeric(text))
  value[!is.na(value) & (value < low | value > high)] <- NA
  value
}
sheet <- function(data, person, prefix, count, low, high, width = "%d") {
  columns <- sprintf(paste0(prefix, width), seq_len(count))
  answers <- sapply(columns, function(column) number(as.character(data[[column]]), low, high))
  answers <- matrix(answers, ncol = count)
  rownames(answers) <- trimws(as.character(data[[person]]))
  answers
}
waves <- list(
  T1 = list(wb = sheet(t1, "Participant code", "Q3_", 14, 1, 5), js = sheet(t1, "Participant code", "Q4_", 43, 1, 5),
            tm = sheet(t1, "Participant code", "Q5_", 52, 1, 5), bo = sheet(t1, "Participant code", "Q6_", 22, 0, 6)),
  T2 = list(wb = sheet(t2, "ExternalReference", "WB_", 14, 1, 5), js = sheet(t2, "ExternalReference", "JS_", 43, 1, 5),
            tm = sheet(t2, "ExternalReference", "TEAM_", 52, 1, 5), bo = sheet(t2, "ExternalReference", "BURN_", 22, 0, 6)),
  T3 = list(wb = sheet(t3, "pid", "wb", 14, 1, 5, "%02d"), js = sheet(t3, "pid", "js", 43, 1, 5, "%02d"),
            tm = sheet(t3, "pid", "team", 52, 1, 5, "%02d"), bo = sheet(t3, "pid", "bo", 22, 0, 6, "%02d"))
)

# ---- scoring -------------------------------------------------------------------------------------------------------
turned <- c(8, 17, 29, 31, 34, 38, 41, 43:46, 50)
sum_of <- function(x, share = 0.8) if (sum(!is.na(x)) >= share * length(x)) mean(x, na.rm = TRUE) * length(x) else NA
mean_of <- function(x, share = 0.8) if (sum(!is.na(x)) >= share * length(x)) mean(x, na.rm = TRUE) else NA
metric <- c(7, 9.51, 11.25, 12.40, 13.33, 14.08, 14.75, 15.32, 15.84, 16.36, 16.88, 17.43, 17.98, 18.59, 19.25, 19.98, 20.73,
            21.54, 22.35, 23.21, 24.11, 25.03, 26.02, 27.03, 28.13, 29.31, 30.70, 32.55, 35)
score <- function(wave) {
  team <- wave$tm
  team[, turned] <- 6 - team[, turned]
  each <- function(answers, items, rule, ...) apply(answers[, items, drop = FALSE], 1, rule, ...)
  scores <- data.frame(
    wellbeing = each(wave$wb, 1:14, sum_of),
    wellbeing_short = each(wave$wb, c(1:3, 6:7, 9, 11), function(x) if (anyNA(x)) NA else metric[sum(x) - 6]),
    personal_satisfaction = each(wave$js, 1:6, mean_of),
    workload = each(wave$js, 7:14, mean_of),
    professional_support = each(wave$js, 15:22, mean_of),
    training = each(wave$js, 23:27, mean_of),
    pay = each(wave$js, 28:31, mean_of, share = 0.75),
    prospects = each(wave$js, 32:37, mean_of),
    standards_of_care = each(wave$js, 38:43, mean_of),
    leadership = each(team, 1:9, mean_of),
    team_cohesion = each(team, 10:16, mean_of),
    communication = each(team, 17:20, mean_of, share = 0.75),
    coordination = each(team, 21:26, mean_of),
    conflict_management = each(team, 27:35, mean_of),
    team_effectiveness = each(team, 36:42, mean_of),
    working_conditions = each(team, 43:47, mean_of),
    resources = each(team, 48:52, mean_of, share = 0.6),
    emotional_exhaustion = each(wave$bo, c(1:3, 6, 8, 13, 14, 16, 20), sum_of),
    depersonalization = each(wave$bo, c(5, 10, 11, 15, 22), sum_of),
    personal_accomplishment = each(wave$bo, c(4, 7, 9, 12, 17, 18, 19, 21), sum_of)
  )
  scores$overall_satisfaction <- apply(scores[, 3:9], 1, mean_of)
  scores
}
scores <- lapply(waves, score)

# ---- results -------------------------------------------------------------------------------------------------------
results <- c()
put <- function(id, value) results[id] <<- as.numeric(value)
moments <- function(id, x) {
  x <- x[!is.na(x)]
  put(paste0(id, "/n"), length(x))
  put(paste0(id, "/mean"), mean(x))
  put(paste0(id, "/sd"), sd(x))
  put(paste0(id, "/min"), min(x))
  put(paste0(id, "/max"), max(x))
}

norms <- read.csv(file.path(study, "published", "peer_workers_2022.csv"), colClasses = "character")
norms <- norms[norms$timepoint == "norm" & norms$statistic != "n", ]
outcomes <- names(scores$T1)
labels <- c(wellbeing = "Wellbeing", personal_satisfaction = "Personal Satisfaction", workload = "Satisfaction with Workload",
            professional_support = "Satisfaction with Professional Support", training = "Satisfaction with Training",
            pay = "Satisfaction with Pay", prospects = "Satisfaction with Prospects",
            overall_satisfaction = "Overall Satisfaction", leadership = "Leadership",
            team_cohesion = "Team Cohesion", communication = "Communication", coordination = "Coordination",
            conflict_management = "Conflict Management", team_effectiveness = "Team Effectiveness",
            working_conditions = "Working conditions (workplace stress)",
            resources = "Resources (workplace staffing/supplies)", emotional_exhaustion = "Emotional Exhaustion",
            depersonalization = "Depersonalization", personal_accomplishment = "Personal Accomplishment")
norm_of <- function(outcome, statistic) {
  printed <- norms$printed[norms$label == labels[outcome] & norms$statistic == statistic]
  if (length(printed) == 1) as.numeric(printed) else NA
}
for (outcome in outcomes) for (wave in names(scores)) {
  x <- scores[[wave]][[outcome]]
  id <- paste("summary", outcome, wave, sep = "/")
  moments(id, x)
  if (outcome %in% names(labels) && !is.na(norm_of(outcome, "norm_mean")))
    put(paste0(id, "/norm_distance"), (mean(x, na.rm = TRUE) - norm_of(outcome, "norm_mean")) / norm_of(outcome, "norm_sd"))
}
for (outcome in outcomes) for (last in c("T2", "T3")) {
  people <- intersect(rownames(scores$T1), rownames(scores[[last]]))
  x <- scores$T1[people, outcome]
  y <- scores[[last]][people, outcome]
  both <- !is.na(x) & !is.na(y)
  x <- x[both]
  y <- y[both]
  test <- t.test(x, y, paired = TRUE)
  id <- paste("change", outcome, paste0("T1-", last), sep = "/")
  values <- c(n = length(x), mean_baseline = mean(x), sd_baseline = sd(x), mean_followup = mean(y), sd_followup = sd(y),
              correlation = cor(x, y), mean_change = mean(x - y), sd_change = sd(x - y), ci95_low = test$conf.int[1],
              ci95_high = test$conf.int[2], t = unname(test$statistic), df = unname(test$parameter), p = test$p.value,
              d_baseline = mean(x - y) / sd(x), d_z = mean(x - y) / sd(x - y))
  for (statistic in names(values)) put(paste(id, statistic, sep = "/"), values[statistic])
}

code <- function(text) gsub("^_+|_+$", "", gsub("[^a-z0-9]+", "_", tolower(text)))
categories <- list(Site = "site", Gender = "gender", `Sexual orientation` = "sexual_orientation", Ethnicity = "ethnicity")
for (letter in c("E", "F", "G", "H", "I")) categories[[paste("Characteristic", letter)]] <- paste0("characteristic_", tolower(letter))
known <- list(
  site = paste0("S", 1:7), gender = c("Male", "Female", "Other / transgender / prefer not to say"),
  sexual_orientation = c("Bisexual", "Gay or lesbian", "Heterosexual", "Other / prefer not to say"),
  ethnicity = c("White British", paste("Ethnic group", 2:8)), characteristic_e = paste("Category", 1:4),
  characteristic_f = paste("Category", 1:4), characteristic_g = paste("Category", 1:4),
  characteristic_h = c("Yes", "No"), characteristic_i = c("Yes", "No"))
for (column in names(categories)) {
  variable <- categories[[column]]
  x <- roster[[column]][roster[[column]] %in% known[[variable]]]
  for (category in known[[variable]]) {
    id <- paste("characteristics", variable, if (variable == "site") category else code(category), sep = "/")
    put(paste0(id, "/n"), length(x))
    put(paste0(id, "/count"), sum(x == category))
    put(paste0(id, "/percent"), 100 * sum(x == category) / length(x))
  }
}
numbers <- c(`Age (years)` = "age", `Time in peer worker role (months)` = "months_in_role",
             `Contracted hours per week` = "contracted_hours", `Days absent from work` = "days_absent",
             `Number of people supported` = "people_supported", `Number of peer support contacts` = "support_contacts")
for (column in names(numbers))
  moments(paste0("characteristics/", numbers[column]), as.numeric(sub(",", ".", roster[[column]], fixed = TRUE)))

services <- c("admission_mental", "admission_physical", "emergency_mental", "emergency_physical", "outpatient_mental",
              "psychiatrist", "community_mental_health", "crisis_team", "psychological_therapy", "gp", "primary_care_nurse",
              "wellbeing_services")
for (i in seq_along(services)) for (wave in c("T1", "T3")) {
  cells <- if (wave == "T1") t1[[paste0("Q7_", i)]] else as.character(t3[[sprintf("su%02d", i)]])
  cells <- trimws(cells)
  n <- sum(cells %in% c("Yes", "No", "0", "1"))
  used <- sum(cells %in% c("Yes", "1"))
  id <- paste("service_use", services[i], wave, sep = "/")
  put(paste0(id, "/n"), n)
  put(paste0(id, "/count"), used)
  put(paste0(id, "/percent"), 100 * used / n)
}

cat("#", R.version.string, "\n")
cat("result_id,value\n")
results <- results[order(names(results), method = "radix")]
cat(sprintf("%s,%.17g\n", names(results), results), sep = "")
