"""Words that a run stores in English and that pages and documents print: they are translated there, by `translate`.

Belongs here: these words, as messages. Does not belong here: deciding on them. A text with numbers or names in it is known
again by its message's other words.
"""

from dagster_project.languages.messages import gettext_noop

#: Roles of the plan, aggregates, units of time, verdicts, severities and states.
STATES = (
    gettext_noop("primary"), gettext_noop("secondary"), gettext_noop("exploratory"), gettext_noop("descriptive"),
    gettext_noop("mean"), gettext_noop("sum"),
    gettext_noop("day"), gettext_noop("week"), gettext_noop("month"), gettext_noop("year"),
    gettext_noop("days"), gettext_noop("weeks"), gettext_noop("months"), gettext_noop("years"),
    gettext_noop("supported"), gettext_noop("not supported"), gettext_noop("contradicted"), gettext_noop("not testable"),
    gettext_noop("convergent"), gettext_noop("complementary"), gettext_noop("divergent"), gettext_noop("silent"),
    gettext_noop("not yet judged"),
    gettext_noop("reproduced"), gettext_noop("impossible"), gettext_noop("differs"), gettext_noop("inconsistent"),
    gettext_noop("note"),
    gettext_noop("met"), gettext_noop("partly met"), gettext_noop("gap"), gettext_noop("not applicable"),
    gettext_noop("worse"), gettext_noop("higher"), gettext_noop("lower"), gettext_noop("better"),
    gettext_noop("{year}, revision {revision} of these short names"),
    gettext_noop("unstructured"), gettext_noop("toeplitz"), gettext_noop("heterogeneous toeplitz"), gettext_noop("ar1"),
    gettext_noop("heterogeneous ar1"), gettext_noop("compound symmetry"), gettext_noop("heterogeneous compound symmetry"),
)  # fmt: skip

#: Who counts in a number.
PEOPLE = (
    gettext_noop("people with a score of the scale in the wave"),
    gettext_noop("people with a score, or an answer, in both waves of the contrast"),
    gettext_noop("people with a score in both waves of the contrast and every covariate known"),
    gettext_noop("people with a score in both waves of the contrast whose subgroup is known"),
    gettext_noop("people with a score in both waves of the contrast whose subgroup and every covariate are known"),
    gettext_noop("people with a score, or an answer, in any wave"),
    gettext_noop("people with a score of the scale in any wave for whom both waves of the contrast were planned"),
    gettext_noop("people with a score of the scale at a known time in any wave"),
    gettext_noop("people with a score of the scale at a known time in any wave and every covariate known"),
    gettext_noop("people who returned the wave"),
    gettext_noop("people with a score of the scale in any wave and every covariate known"),
    gettext_noop("people with a score of the scale in the first wave and in a later one"),
    gettext_noop("people with a score of the scale in the first wave and in a later one, and every covariate known"),
    gettext_noop("people who answered all items of the scale in the wave"),
    gettext_noop("people with a known value"),
    gettext_noop("people with enough answers to the block in the wave"),
    gettext_noop("people with a score of the scale in the wave who are in a stratum of the norm, where it has any"),
    gettext_noop("people with a score of the scale in the wave who are in the stratum"),
    gettext_noop("people with a score of the scale in the wave that has a percentile in the norm"),
    gettext_noop("everybody on the roster for whom it was planned"),
    gettext_noop("everybody on the roster, planned for or not"),
    gettext_noop("everybody listed, including people excluded by the study"),
    gettext_noop("people with a value at the first wave, by whether they returned this one"),
    gettext_noop("people on the roster whose group is not known"),
    gettext_noop("people on the roster whom the variant keeps"),
    gettext_noop("people on the roster whom the variant leaves out"),
    gettext_noop("people left out by the variant who have a score"),
    gettext_noop("people whose score is missing in the variant alone"),
    gettext_noop("people whose score is missing in the main analysis alone"),
    gettext_noop("people whose score has another value in the variant"),
    gettext_noop("people with an answer that depends on the variant"),
    gettext_noop("nobody of the study: the number comes from elsewhere"),
)

#: Units, alone and behind a number.
UNITS = (
    gettext_noop("people"), gettext_noop("points"), gettext_noop("scale points"), gettext_noop("scores"),
    gettext_noop("answers"), gettext_noop("values"), gettext_noop("sheets"), gettext_noop("methods"),
    gettext_noop("data sets"), gettext_noop("SDs"), gettext_noop("norm SDs"), gettext_noop("baseline SDs"),
    gettext_noop("average SDs"), gettext_noop("pooled SDs"), gettext_noop("pooled SDs at baseline"),
    gettext_noop("SDs of the change"), gettext_noop("SDs of a wave"), gettext_noop("SDs within groups at baseline"),
    gettext_noop("percentage points"), gettext_noop("percentile"), gettext_noop("T points"),
    gettext_noop("squared logits"), gettext_noop("seconds per item"),
    gettext_noop("points per {unit}"), gettext_noop("scale points per {unit}"),
    gettext_noop("{number} norm SDs"), gettext_noop("{number} baseline SDs"), gettext_noop("{number} average SDs"),
    gettext_noop("{number} pooled SDs"), gettext_noop("{number} SDs of the change"), gettext_noop("{number} SDs of a wave"),
    gettext_noop("{number} points"), gettext_noop("{number} scale points"), gettext_noop("{number} percentage points"),
    gettext_noop("{number} days"), gettext_noop("{number} people"), gettext_noop("{number} years"),
)  # fmt: skip

#: Effect sizes of change as methods name them.
FORMULAS = (
    gettext_noop("mean change / root((SD at baseline^2 + SD at follow-up^2) / 2)"),
    gettext_noop("d_z root(2 (1 - r)), r the correlation of both waves"),
    gettext_noop("J(n - 1) times ({formula}), {correction}"),
)

#: Why there is no number, and remarks about numbers.
NOTES = (
    gettext_noop("nobody answered"), gettext_noop("one person has no SD"), gettext_noop("no variation"),
    gettext_noop("no pairs"), gettext_noop("too few people"), gettext_noop("one person answered all items"),
    gettext_noop("nobody answered all items"), gettext_noop("fewer than three items"), gettext_noop("no reliability"),
    gettext_noop("too few changes that are not zero for a 95 % interval"),
    gettext_noop("the waves do not vary independently of one another"),
    gettext_noop("skewness needs three people"), gettext_noop("no variation at baseline or follow-up"),
    gettext_noop("no variation at baseline"), gettext_noop("no SD at baseline"),
    gettext_noop("two pairs: Hedges' correction needs three"), gettext_noop("no more people than items"),
    gettext_noop("nobody in one of the groups"), gettext_noop("no event in the reference group: no ratio"),
    gettext_noop("nobody in the group"), gettext_noop("nobody in the reference group"),
    gettext_noop("one person in the group"), gettext_noop("one person in the reference group"),
    gettext_noop("nobody of the reference group in the category"),
    gettext_noop("nobody to compare with in the first category"), gettext_noop("no residual degrees of freedom"),
    gettext_noop("p is not below {alpha} without a shift: there is nothing to tip"),
    gettext_noop("nobody has scores at three times: own slopes of people cannot be told from error"),
    gettext_noop("people do not differ beyond chance: the variance between them is 0"),
    gettext_noop("singular: the levels and slopes of people vary in one direction only"),
    gettext_noop("nobody has a score in one of its waves"), gettext_noop("nobody has a score in two waves"),
    gettext_noop("nobody has a score at a known time"), gettext_noop("everybody has a score in the same waves"),
    gettext_noop("group {group}: nobody has a score in one of the waves"),
    gettext_noop("nobody in group {group} has a score in {wave}"),
    gettext_noop("nobody in group {group} has a score in {wave}, of people with every covariate known"),
    gettext_noop("the norm's sample size is not known"),
    gettext_noop("norms.yaml does not say how many people the stratum is of"),
    gettext_noop(
        "norms.yaml does not say whether sample {sample} stands for people without the problem; add healthy: true or"
        " healthy: false to it"
    ),
    gettext_noop("the reliability lies outside 0 to 1"),
    gettext_noop("the people are on average as well as the norm at baseline, or better"),
    gettext_noop("Heywood case: an item has no variance of its own"),
    gettext_noop("appears not to have been reversed (maybe)"), gettext_noop("appears not to have been reversed (sure)"),
    gettext_noop("everybody gave the same answer"), gettext_noop("the others do not vary"),
    gettext_noop("'{covariate}' varies in fewer than two groups"),
    gettext_noop("covariate '{covariate}' does not vary within the groups"),
    gettext_noop("covariate '{covariate}' is collinear with those before it"),
    gettext_noop("there is no p in either"), gettext_noop("there is no p in the variant"),
    gettext_noop("below in the main analysis"), gettext_noop("below in the variant"),
    gettext_noop("nobody has a score and a norm"), gettext_noop("the model does not converge"),
    gettext_noop("answers do not tell the parameters of the model apart"),
    gettext_noop("groups and waves share too few of the answers: an odds ratio has no finite estimate"),
    gettext_noop("no variation about the line"),
    gettext_noop("too few scores a person to tell the spread of slopes from that of scores"),
    gettext_noop("too large to be given: too few degrees of freedom"),
    gettext_noop("made of scales, which have the answers"),
    gettext_noop("the paired t test has no conclusion"),
    gettext_noop("excludes zero: {methods}"), gettext_noop("does not exclude zero: {methods}"),
    gettext_noop("other direction: {methods}"), gettext_noop("no change: {methods}"),
    gettext_noop("no conclusion: {methods}"),
    gettext_noop("paired t test"), gettext_noop("sign-flip permutation"), gettext_noop("Wilcoxon"),
    gettext_noop("bootstrap"), gettext_noop("mixed model"), gettext_noop("imputation"),
    gettext_noop("adjustment after Holm"),
)  # fmt: skip

#: Scenarios of missing scores.
SCENARIOS = (
    gettext_noop("Missing at random within groups"),
    gettext_noop("Jump to reference"),
    gettext_noop("Copy increments in reference"),
    gettext_noop("{delta} SD {direction}"),
    gettext_noop("{delta} point {direction}"),
    gettext_noop("{delta} points {direction}"),
)

#: How claims were judged.
JUDGEMENTS = (
    gettext_noop("the numbers say nothing"), gettext_noop("the interviews say nothing"),
    gettext_noop("the numbers and the interviews say nothing"),
    gettext_noop("{count} of {n} numbers support it"),
    gettext_noop("{count} of {n} numbers support it, all with a confidence interval that extends beyond the region"),
    gettext_noop("{count} of {n} numbers support it, {exceeding} with a confidence interval that extends beyond the region"),
    gettext_noop("{subject} is a fall ({direction}), its interval excludes zero"),
    gettext_noop("{subject} is a rise ({direction}), its interval excludes zero"),
    gettext_noop("{subject} is a fall ({direction})"), gettext_noop("{subject} is a rise ({direction})"),
    gettext_noop("{subject} is not a fall ({direction})"), gettext_noop("{subject} is not a rise ({direction})"),
    gettext_noop("{subject} includes zero"), gettext_noop("{subject} excludes zero"),
    gettext_noop("its interval includes zero"), gettext_noop("its interval excludes zero"),
    gettext_noop("{subject} has no interval"), gettext_noop("has no value"),
    gettext_noop("no such comparison; it must be asked in both waves"),
    gettext_noop("{subject} is {region}, with its whole confidence interval"),
    gettext_noop("{subject} is {region}, but its confidence interval extends beyond"),
    gettext_noop("{subject} is not {region}, and its whole confidence interval lies outside"),
    gettext_noop("{subject} is {region}"), gettext_noop("{subject} is not {region}"),
    gettext_noop("not {region}, and its whole confidence interval lies outside"), gettext_noop("not {region}"),
    gettext_noop("within {distance} norm SD of the norm"), gettext_noop("more than {distance} norm SD below the norm"),
    gettext_noop("more than {distance} norm SD above the norm"),
    gettext_noop("better than the norm"), gettext_noop("worse than the norm"),
    gettext_noop("at most {limit}"), gettext_noop("at least {limit}"), gettext_noop("at least {limit} in size"),
    gettext_noop("{words} (better than the norm)"), gettext_noop("{words} (worse than the norm)"),
    gettext_noop("{words} (better than the norm) ({numbers})"), gettext_noop("{words} (worse than the norm) ({numbers})"),
    gettext_noop("not testable: {reason}"), gettext_noop("and {count} more"),
    gettext_noop("it names a group, and groups are concealed; it waits until they are unblinded"),
)  # fmt: skip

#: All of these.
STORED_MESSAGES = (*STATES, *PEOPLE, *UNITS, *FORMULAS, *NOTES, *SCENARIOS, *JUDGEMENTS)
