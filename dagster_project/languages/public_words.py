"""Words of the public release that its numbers bear in English, and that its page and documents translate.

Belongs here: why a number is hidden or how it is printed, the names of analyses of which nothing is public. Does not belong
here: deciding on them (disclosure/).
"""

from dagster_project.languages.messages import gettext_noop

#: What stands with a public number.
REMARKS = (
    gettext_noop("hidden: of fewer than {minimum} people"),
    gettext_noop("hidden: with it a count of fewer than {minimum} people could be calculated"),
    gettext_noop("hidden: with other means it would tell of fewer than {minimum} people"),
    gettext_noop("hidden: with the earlier public release it would tell of fewer than {minimum} people"),
    gettext_noop("hidden: it would tell too much of single people"),
    gettext_noop("hidden: a mean of so few values would be a count of people"),
    gettext_noop("hidden: another scale has some of the same items, and not quite the same people"),
    gettext_noop("hidden: of too few people for a coefficient"),
    gettext_noop("hidden: a number that it is computed from is hidden"),
    gettext_noop("rounded to a multiple of {base}"),
    gettext_noop("below {level}"),
    gettext_noop("{level} or above"),
    gettext_noop("the rounded numbers do not tell on which side of .05 p lies"),
    gettext_noop("undefined"),
)

#: How public numbers are computed, beside the team's methods.
METHODS_AS_PRINTED = (
    gettext_noop("100 count / n, of the counts as printed"),
    gettext_noop("95 % t interval, computed from n, mean and SD as printed"),
    gettext_noop("paired t test, two-sided, for all numbers that are printed as these"),
    gettext_noop("people who gave one of these answers"),
    gettext_noop("{method}, computed from the numbers as printed"),
    gettext_noop("{method}, two-sided, for all numbers that are printed as these"),
)

#: The analyses of which nothing is public, as its page names them.
ANALYSES = (
    gettext_noop("answer days"),
    gettext_noop("attrition"),
    gettext_noop("band change"),
    gettext_noop("bands"),
    gettext_noop("careless"),
    gettext_noop("caseness"),
    gettext_noop("category change"),
    gettext_noop("change adjusted"),
    gettext_noop("change covariate adjusted"),
    gettext_noop("change interaction"),
    gettext_noop("change interaction covariate adjusted"),
    gettext_noop("change subgroup"),
    gettext_noop("change subgroup covariate adjusted"),
    gettext_noop("clinical change"),
    gettext_noop("common metric"),
    gettext_noop("glmm"),
    gettext_noop("glmm difference"),
    gettext_noop("growth"),
    gettext_noop("growth by group"),
    gettext_noop("growth covariate adjusted"),
    gettext_noop("growth covariate adjusted difference"),
    gettext_noop("growth difference"),
    gettext_noop("imputation"),
    gettext_noop("leavers"),
    gettext_noop("mi group adjusted"),
    gettext_noop("mi group difference"),
    gettext_noop("missingness"),
    gettext_noop("mixed"),
    gettext_noop("mmrm"),
    gettext_noop("mmrm covariate adjusted"),
    gettext_noop("mmrm covariate adjusted difference"),
    gettext_noop("mmrm difference"),
    gettext_noop("norm limits"),
    gettext_noop("norm scores"),
    gettext_noop("norm strata"),
    gettext_noop("percentile limits"),
    gettext_noop("percentiles"),
    gettext_noop("rejected"),
    gettext_noop("reliable change"),
    gettext_noop("service change"),
    gettext_noop("stability"),
    gettext_noop("variant change"),
    gettext_noop("variant change adjusted"),
    gettext_noop("variant change covariate adjusted"),
    gettext_noop("variant change difference"),
    gettext_noop("variants"),
)
