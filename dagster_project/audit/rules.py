"""What each rule of the auditor asks, in words, by the name that findings carry.

Belongs here: a line a rule. Does not belong here: the rules themselves (counts.py, scores.py, grids.py, pairs.py,
effects.py, notes.py, layout.py, own_results.py).
"""

#: By subject, then by the rule's name: what must hold, and which number is blamed.
RULES = {
    "Counts and percentages": {
        "percent_of_count": "A percentage is 100 count / n of its block. The percentage is blamed.",
        "counts_within": "A category has no more people than its block. The count is blamed.",
        "one_denominator": "The percentages of a block have one denominator. The rows that fit another one are named.",
        "block_sum": "The counts of categories that exclude each other add up to n at most. A note: people may be in two.",
        "percent_of_people": "A percentage of n people is 100 times a whole number / n. The percentage is blamed.",
    },
    "Scores at one moment": {
        "in_bounds": (
            "SDs, percentages and numbers of people are not negative, a percentage is at most 100, a correlation lies"
            " between -1 and 1, and numbers of people are whole."
        ),
        "in_range": "Mean, quartiles, minimum and maximum lie within the range of the scale.",
        "in_order": "Minimum, quartiles, median and maximum rise; the mean lies between minimum and maximum.",
        "mean_of_range": (
            "One person has the minimum and one the maximum: ((n - 1) min + max) / n <= mean <= (min + (n - 1) max) / n."
        ),
        "spread": (
            "SD^2 <= (max - mean) (mean - min) n / (n - 1), and the SD is at least that of one minimum, one maximum and all"
            " others at one point. The SD is blamed."
        ),
        "error_of_mean": "SE = SD / root(n). The SE is blamed.",
        "of_one": "One person has no SD, and a minimum that is the maximum.",
        "mean_and_median": "Mean and median are at most SD root((n - 1) / n) apart. The mean is blamed.",
        "mean_of_quartiles": "Quartiles, minimum and maximum bound the mean. The mean is blamed.",
        "interval_of_mean": "The interval of a mean contains it and is 2 t SD / root(n) wide. An end is blamed.",
    },
    "Whole answers": {
        "grim": "The mean of n whole answers, times n and the number of items, is a whole number (GRIM).",
        "grimmer": "The squares of whole answers add up to a whole number, even where their sum is (GRIMMER).",
        "debit": "The SD of zeros and ones is root(mean (1 - mean) n / (n - 1)) (DEBIT).",
        "whole_ends": "A minimum or maximum is one person's score, so a whole number of steps.",
    },
    "Change": {
        "pairs_in_waves": "There are no more pairs than people at either moment.",
        "interval_ends": "The lower end of an interval lies below its upper end.",
        "interval_around_change": "A t interval lies as far below the change as above it. The end that is off is blamed.",
        "p_of_interval": "Change and interval, or SD, give t, and t gives p. The p is blamed.",
        "error_of_change": "SE and SD of the changes follow from the interval and from each other.",
        "named_statistics": "t, df, effect sizes and the SD of changes follow by their formulas from what is beside them.",
        "sign_of_t": "t has the sign of its change.",
        "p_in_bounds": "A probability lies between 0 and 1.",
        "p_beside_interval": "An interval contains zero exactly where p is above 1 - its level.",
        "sd_of_changes": "Of the same people the SD of the changes lies between |SD1 - SD2| and SD1 + SD2.",
        "error_of_groups": "Of two groups the interval is 2 t root(SD1^2 / n1 + SD2^2 / n2) wide, or as by the pooled SD.",
        "change_of_means": "The change is the difference of the means that the pairs can have at both moments.",
        "change_in_range": "No change exceeds the width of the scale's range.",
        "effect_size": "An effect size is possible under its definition, and has the sign of its change.",
    },
    "Notes": {
        "definitions": "How many of the table's effect sizes each definition can give.",
        "shared_norms": "Two rows of an instrument have the same norm: is it one scale in the reference sample?",
        "norm_without_n": "A norm without a sample size cannot be tested against.",
        "p_of_zero": "No p is zero: print that it is less than its last digit.",
        "decimals": "The numbers of a column differ in decimals; the fewer there are, the more slack every rule has.",
        "copied_rows": "Two rows have the same numbers throughout.",
        "cut_off": "Several numbers fit only if digits were cut off instead of rounded.",
        "unlike_names": "Two labels or moments differ only in case or blanks; they are taken for the same.",
        "repeated_cell": "A number is printed twice; where the two disagree, the second is blamed.",
        "change_without_waves": "A change has no rows at its two moments, so that it is compared with nothing.",
    },
    "Our own results": {
        "printed_as_rounded": "The text that is printed is the number, rounded half away from zero.",
    },
}
