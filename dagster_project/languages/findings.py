"""What the auditor says of a number, with its arithmetic: parts, which `translate_finding` puts together again.

Belongs here: what rules (audit/) give as arithmetic, as messages with placeholders; a test names what lacks. Does not belong
here: the rules.
"""

from dagster_project.languages.messages import gettext_noop

#: What stands between semicolons; the values of placeholders may be such parts themselves.
FINDINGS = (
    gettext_noop("{finding}, not {printed}"),
    gettext_noop("{low} to {high}"),
    gettext_noop("{value} df"),
    gettext_noop("{value} or more"),
    gettext_noop("{count} of {n} is 100 x {share} %"),
    gettext_noop("it fits the denominator {size}"),
    gettext_noop("weighted data could give it"),
    gettext_noop("{count} people in the category, but {n} in all"),
    gettext_noop("its denominator may not be these {size}"),
    gettext_noop(
        "{rows} fit the denominator {size}, while {usual} of the block's {total} rows fit {usual_size}: the block "
        "uses more than one denominator"
    ),
    gettext_noop(
        "{rows} fits the denominator {size}, while {usual} of the block's {total} rows fit {usual_size}: the block "
        "uses more than one denominator"
    ),
    gettext_noop("{sum} in the block, of {n} people: one person must be in more than one category"),
    gettext_noop("{lower} of {n} is {share} % and {upper} of {size} is {other_share} %, so no count gives {printed}"),
    gettext_noop("of {total} effect sizes whose definition is not named, so many can be: {counts}"),
    gettext_noop("{fitting} of the table's {total} effect sizes can be {definition}"),
    gettext_noop("here that is {size} in size"),
    gettext_noop("{name} ({definition}, with Hedges' correction)"),
    gettext_noop("{name} ({definition})"),
    gettext_noop("the sign of {printed} is not that of the change, {change}"),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) over the largest SD that {pairs} of {people} "
        "people can have, {sd}, is at least {quotient}"
    ),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) over the smallest SD that {pairs} of {people} "
        "people can have, {sd}, is at most {quotient}"
    ),
    gettext_noop("it is declared as {definition}"),
    gettext_noop("it is the effect size of the printed change, {change}"),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) has {sizes}, with Hedges' correction a little less"
    ),
    gettext_noop("a d_rm with an unprinted correlation could explain it"),
    gettext_noop("change / SD of the changes"),
    gettext_noop("change / SD at baseline of the pairs"),
    gettext_noop("change / root of the mean variance, or / mean SD,"),
    gettext_noop("it would fit if digits were cut off instead of rounded"),
    gettext_noop("the mean of {n} whole scores is a whole number over {size}: {quotients}"),
    gettext_noop("the mean of {n} means of {steps} whole answers is a whole number over {size}: {quotients}"),
    gettext_noop("{quotient} or {other}"),
    gettext_noop(
        "{n} whole scores with mean {mean} add up to {total}, and their squares to (n - 1) SD² + ({sum})² / {people} "
        "= {low} to {high} for an SD that prints {sd}"
    ),
    gettext_noop(
        "{n} means of {steps} whole answers with mean {mean} add up to {total} (in steps of 1 / {step}), and their "
        "squares to (n - 1) SD² + ({sum})² / {people} = {low} to {high} for an SD that prints {sd}"
    ),
    gettext_noop("the squares of whole numbers add up to a whole number as odd as {total}, and none lies there"),
    gettext_noop("the squares of whole numbers add up to a whole number as even as {total}, and none lies there"),
    gettext_noop("{finding}, nor for the sums up to {total}"),
    gettext_noop("the SD of {n} zeros and ones with mean {mean} is root(mean (1 - mean) n / (n - 1)) = {sd}"),
    gettext_noop("the min is one person's score, {quotients}"),
    gettext_noop("the max is one person's score, {quotients}"),
    gettext_noop("the norm of {row} has no sample size in the table or its footnotes"),
    gettext_noop("{printed} means less than {bound}"),
    gettext_noop("print it as '< {bound}'"),
    gettext_noop("{printed} beside {usual} numbers with {decimals} decimal in the column"),
    gettext_noop("{printed} beside {usual} numbers with {decimals} decimals in the column"),
    gettext_noop("{row} has the same norm as {other}, {norm}: is it one scale in the reference sample?"),
    gettext_noop("{value} does not print as {printed}"),
    gettext_noop("the interval {ends} has its centre at {centre}, but the change is {change}"),
    gettext_noop("symmetry about the change gives an upper end of {end}"),
    gettext_noop("symmetry about the change gives a lower end of {end}"),
    gettext_noop("the interval's lower end {low} lies above its upper end {high}"),
    gettext_noop("{n} people in both groups, but they have {first} and {second}"),
    gettext_noop("{pairs} pairs, but only {people} people have a score at {wave}"),
    gettext_noop("half of that, a one-sided p, would fit"),
    gettext_noop("the normal distribution instead of t would fit"),
    gettext_noop(
        "a change of {change} with the interval {ends}, half of which is {half} = {factor} x SE ({df}), so SE is "
        "{se} and t = change / SE = {t}"
    ),
    gettext_noop(
        "the centre {change} of the interval {ends}, half of which is {half} = {factor} x SE ({df}), so SE is {se} "
        "and t = change / SE = {t}"
    ),
    gettext_noop("{finding}, which has p {p} by the t distribution with {df}"),
    gettext_noop("t = {t} with {df} has p {p}"),
    gettext_noop("n - 1 is {value} (n {n})"),
    gettext_noop("half the interval {ends} is {half}, and over t with {df} {value}, the SE"),
    gettext_noop("half the interval {ends} is {half}, over t with {df} and times root(n) {value}, the SD of the changes"),
    gettext_noop("half the interval {ends} is {half}, but t SD / root(n) with SD {sd} and n {n} is {widths}"),
    gettext_noop("SE = {sd} / root({n}) = {value}"),
    gettext_noop("SD / root(n) = {sd} / root({n}) = {value}"),
    gettext_noop("d_z = t / root(n) = {t} / root({n}) = {value} in size"),
    gettext_noop("the interval {ends} holds zero, so p is above {alpha}"),
    gettext_noop("the interval {ends} does not hold zero, so p is below {alpha}"),
    gettext_noop("{sd}, as the interval {ends} says it"),
    gettext_noop(
        "the same {n} people with SDs of {sd} and {other} have changes with an SD of |SD1 - SD2| to SD1 + SD2 = {value}"
    ),
    gettext_noop(
        "two groups of {first} and {second} with SDs of {sd} and {other} have half an interval of t x root(SD1² / n1 "
        "+ SD2² / n2), or with the pooled SD, = {value}"
    ),
    gettext_noop("the groups' means are {mean} and {other}: the change is {change}"),
    gettext_noop("the {n} pairs are everybody in both waves, whose means are {mean} and {other}: the change is {change}"),
    gettext_noop(
        "{n} of {baseline} and of {followup} people, whose means are {mean} and {other}, can have means of "
        "{wave_mean} and {other_wave_mean}: the change is {change}"
    ),
    gettext_noop("it fits with the opposite sign, unlike the table's other changes"),
    gettext_noop("a change cannot exceed {width}, the width of the scale's range {ends}"),
    gettext_noop("{printed} does"),
    gettext_noop("{formula} is {value} ({parts})"),
    gettext_noop("a probability cannot be {printed}"),
    gettext_noop("a mean lies within SD root((n - 1) / n) = {distance} of the median {median}, not at {mean}"),
    gettext_noop("an SD with n instead of n - 1 in its denominator would fit"),
    gettext_noop(
        "{n} values of which one is {min} and one {max} have a mean of ((n - 1) min + max) / n = {lowest} to (min + "
        "(n - 1) max) / n = {highest}"
    ),
    gettext_noop(
        "{n} values from {ends} with mean {mean} have an SD of at most sqrt((max - mean)(mean - min) n / (n - 1)) = {sd}"
    ),
    gettext_noop(
        "{n} values of which one is {min} and one {max}, with mean {mean}, have an SD of at least {sd}, all others "
        "together at one place"
    ),
    gettext_noop(
        "{n} values with {quartiles} and none beyond {bounds} have a mean of at least {mean}, each value at its bound"
    ),
    gettext_noop(
        "{n} values with {quartiles} and none beyond {bounds} have a mean of at most {mean}, each value at its bound"
    ),
    gettext_noop("the {statistic} cannot be {printed}, below 0"),
    gettext_noop("the {statistic} cannot be {printed}, below 1"),
    gettext_noop(
        "{printed} has no decimals and is {ratio} times the largest of the column's {count} other numbers, which have "
        "{decimals}: {repaired} would be among them"
    ),
    gettext_noop("one person has no SD"),
    gettext_noop("one person has one score, so minimum and maximum are the same, not {min} and {max}"),
    gettext_noop("the mean {mean} lies outside its interval, {ends}"),
    gettext_noop("the {statistic} {printed} lies outside the scale's range, {ends}"),
    gettext_noop("the {statistic} {printed} lies above the {other} {value}"),
    gettext_noop("a share of people cannot be {printed}, above 100 %"),
    gettext_noop("a correlation cannot be {printed}, beyond -1 to 1"),
    gettext_noop("{printed} is not a whole number of people"),
    gettext_noop("this does not"),
    gettext_noop("a paired t test"),
    gettext_noop("a t test with the printed df"),
    gettext_noop("two independent groups"),
    gettext_noop("{design} at {level} %"),
    gettext_noop("the table's moments are {moments}"),
    gettext_noop("treated as the same"),
    gettext_noop(
        "each is checked by itself: give the rows a section or a table of their own if they are about different people"
    ),
    gettext_noop("it is of {size}, as {unknown} are unknown"),
    gettext_noop("some may not have answered"),
    gettext_noop("all {rows} percentages of the block are of {size}, not of the n of {n}"),
    gettext_noop(
        "all {rows} percentages of the block are of {size}, not of the n of {n}: {missing} fewer, who may not have answered"
    ),
    gettext_noop("{unknown} are unknown"),
    gettext_noop("both percentages of the block can be of {size}, not of the n of {n}: {missing} may not have answered"),
    gettext_noop(
        "all {rows} percentages of the block can be of {size}, not of the n of {n}: {missing} may not have answered"
    ),
    gettext_noop(
        "{usual} of the block's {total} rows fit the denominator {size}: {count} of {people} is {share} %, not "
        "{printed}: the block uses more than one denominator"
    ),
    gettext_noop(
        "{usual} of the block's {total} rows fit the denominator {size}, this one the denominator {own_size}: "
        "{count} of {people} is {share} %, not {printed}: the block uses more than one denominator"
    ),
    gettext_noop("{n} may be the count, or people weighted"),
    gettext_noop("({sum}) / {people} = {value}"),
    gettext_noop("the groups' SDs and means give the total an SD of {sd}"),
    gettext_noop("{groups} groups with these n, means and SDs have F = {f}"),
    gettext_noop("the SDs {sd} and {other} of one measure differ {ratio}-fold"),
    gettext_noop(
        "the SDs {sd} and {other} of one measure differ {ratio}-fold, about root(n) = {root}: {printed} looks like a "
        "standard error"
    ),
    gettext_noop("the means {mean} and {other} of one measure are {distance} SDs apart"),
    gettext_noop("{pairs} pairs of {n} and {other} people"),
    gettext_noop("the estimate {estimate} lies outside its own interval, {ends}"),
    gettext_noop("the interval {ends} has its centre at {centre}, but the mean is {mean}"),
    gettext_noop("half the interval {ends} is {half}, but t SD / root(n) with SE {se} and n {n} is {widths}"),
    gettext_noop("{width} at {level} %, {other_width} at {other_level} %, {third_width} at {third_level} %"),
    gettext_noop("the effect size {size} lies outside its own interval, {ends}"),
    gettext_noop("the interval {ends} has its centre at {centre}, far from the effect size {size}"),
    gettext_noop("half the interval {ends} is {half}, but with {first} and {second} people about {expected}"),
    gettext_noop("a ratio's scale is the natural logarithm: {finding}"),
    gettext_noop(
        "a change of {change} with the interval {ends}, half of which is {half} = {factor} x SE ({df}), so SE is "
        "{se} and t = change / SE"
    ),
    gettext_noop(
        "the centre {change} of the interval {ends}, half of which is {half} = {factor} x SE ({df}), so SE is {se} "
        "and t = change / SE"
    ),
    gettext_noop("t = change / SE = {change} / {se} = {t}"),
    gettext_noop("t = change / SE = {change} / {se}"),
    gettext_noop("t = change / (SD of the changes / root(n)) = {change} / ({sd} / root({n})) = {t}"),
    gettext_noop("t = change / (SD of the changes / root(n)) = {change} / ({sd} / root({n}))"),
    gettext_noop("{change} with the pooled SD of SDs {sd} and {other} of {n} and {other_n} people has SE {se}"),
    gettext_noop("{change} with the variances of SDs {sd} and {other} of {n} and {other_n} people has SE {se}"),
    gettext_noop("{change} with SDs {sd} and {other} of the same {n} people and r {r} has SE {se}"),
    gettext_noop("{change} with SDs {sd} and {other} of the same {n} people and any correlation has SE {se}"),
    gettext_noop("a change of {change}"),
    gettext_noop("a difference of {means} = {difference}"),
    gettext_noop("{finding}, and t = change / SE = {t}"),
    gettext_noop("{finding}, and t = change / SE"),
    gettext_noop("{finding}, and F = t² = {f}"),
    gettext_noop("{value} df at {level} %"),
    gettext_noop("chi-square {chi2} with {df} has p {p}"),
    gettext_noop("z = {z} has p {p}"),
    gettext_noop("F = {f} with {df1} and {df2} has p {p}"),
    gettext_noop("r = {r} of {n} people, t(n - 2) = r root((n - 2) / (1 - r²)), has p {p}"),
    gettext_noop("the sign of {printed} is not that of {means} = {difference}, unlike that of the table's other t"),
    gettext_noop("{change} of {mean} is {percent} %"),
    gettext_noop("root(SD1² + SD2² - 2 r SD1 SD2)"),
    gettext_noop("change / average of both waves' SDs"),
    gettext_noop("change / (SD of the changes / root(2 (1 - r)))"),
    gettext_noop("change / pooled SD of both groups"),
    gettext_noop("{sizes}, d_baseline = change / SD at baseline of the pairs {size}"),
    gettext_noop("{sizes}, d_av = change / average of both waves' SDs {size}"),
    gettext_noop("{sizes}, d_rm = change / (SD of the changes / root(2 (1 - r))) {size}"),
    gettext_noop("{sizes}, d_s = change / pooled SD of both groups {size}"),
    gettext_noop("d_s = change / pooled SD of both groups {size}"),
    gettext_noop("{row} has the same {numbers} as {other}"),
    gettext_noop("all {count} effect sizes of {moment} are printed without sign"),
    gettext_noop("all {count} {statistic} of {moment} are printed without sign"),
    gettext_noop("taken for absolute values"),
    gettext_noop("{printed} is above {high}, the most that a mean of items can be: taken for a sum"),
    gettext_noop("declare it in aggregate"),
    gettext_noop(
        "{cut} of the table's numbers follow from the others only when digits are cut off instead of rounded, and "
        "{rounded} only when rounded: taken for cut off"
    ),
    gettext_noop(
        "it would fit if digits were cut off instead of rounded, and too few of the table's numbers say which they are"
    ),
    gettext_noop("impossible if rounded"),
    gettext_noop("inconsistent if rounded"),
    gettext_noop("not reproducible if rounded"),
    gettext_noop("{percents} are percentages of no one number of people from {low} to {high}"),
    gettext_noop("their percentages add up to 100, so that nobody is"),
    gettext_noop("correlations of {first} and {second} with a third variable leave {bounds} between these two"),
    gettext_noop("if so, declare it with --practice cut"),
    gettext_noop("{row} has no row at {baseline} and {followup}, so the change {change} is not compared with means"),
    gettext_noop("{row} has no row at two moments, so the change {change} is not compared with means"),
    gettext_noop("the labels {name} and {other} differ only in case or blanks"),
    gettext_noop("the moments {name} and {other} differ only in case or blanks"),
    gettext_noop("not reproducible by any design that the row allows"),
    gettext_noop("another test, a model, an adjusted p or a bootstrap could explain it"),
    gettext_noop("another test, a model, an adjusted p or a bootstrap could explain it, and {count} others of {group}"),
    gettext_noop("'blocks'"),
    gettext_noop("'means'"),
    gettext_noop("'centres'"),
    gettext_noop("'totals'"),
    gettext_noop("'number of pairs'"),
    gettext_noop("weights, or other people than those that are printed, could explain it"),
    gettext_noop("another error term, or a correction, could explain it"),
    gettext_noop("weighted, the block's counts and percentages fit one another"),
    gettext_noop("the effect's share is {share}"),
    gettext_noop("{sum} / {divisor} = {quotient}"),
    gettext_noop("F = {square} / {residual} = {quotient}"),
    gettext_noop("declare it with --design or --practice"),
    gettext_noop("{fitting} of the table's {total} such numbers fit"),
    gettext_noop("{fitting} of the table's {total} such numbers fit {design}"),
    gettext_noop("a model's estimate, standard error and p"),
    gettext_noop("{design} with one-sided p"),
    gettext_noop("percent"),
    gettext_noop("norm_mean"),
    gettext_noop("norm_sd"),
    gettext_noop("sd_change"),
    gettext_noop("sd_baseline"),
    gettext_noop("sd_followup"),
    gettext_noop("sd"),
    gettext_noop("se"),
    gettext_noop("df"),
    gettext_noop("min"),
    gettext_noop("max"),
    gettext_noop("d_z = change / SD of the changes {size}"),
    gettext_noop("the table prints the {statistic} of {label} at {moment} twice, first in line {line}"),
    gettext_noop("the table prints the {statistic} of {label} twice, first in line {line}"),
    gettext_noop("the {statistic} of {label} at {moment} is {printed} in line {line} and {other} here"),
    gettext_noop("the {statistic} of {label} is {printed} in line {line} and {other} here"),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) over the largest SD that {pairs} of the people can "
        "have, {sd}, is at least {quotient}"
    ),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) over the smallest SD that {pairs} of the people "
        "can have, {sd}, is at most {quotient}"
    ),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) over the largest SD that these of {people} people "
        "can have, {sd}, is at least {quotient}"
    ),
    gettext_noop(
        "a change of {change} in size (by change, interval and p) over the smallest SD that these of {people} people "
        "can have, {sd}, is at most {quotient}"
    ),
    gettext_noop("computed {value}, which prints {printed}: {distance} away from the printed number"),
    gettext_noop("the result has no value: {note}"),
    gettext_noop("there is no result {result}"),
    gettext_noop("the protocol knows no {row} in table {table}"),
    gettext_noop("{value} or more df"),
    gettext_noop("{value} or more df at {level} %"),
    gettext_noop("none"),
)
