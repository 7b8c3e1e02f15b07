"""The effect sizes of a change: names, words, formulas in text, units and sources.

Belongs here: what each is called and how it is described, wherever that is done. Does not belong here: computing them
(statistics/effect_sizes.py), which values a printed one can have (audit/effects.py).
"""

from dataclasses import dataclass

from dagster_project.languages import gettext, gettext_noop


@dataclass(frozen=True)
class EffectSize:
    """A standardised mean change. With Hedges' correction it has the same name with g_ in place of d_.

    method: in words, {0} being the wave that is the baseline. table_note: the words under a table of all. denominator: by
    what the change is divided, in the audit of another's table. formula, interval: in plain text. source, interval_source:
    where they were published. is_of_groups: of two independent groups, which only another's table can have.
    """

    name: str
    denominator: str
    source: str
    method: str = ""
    table_note: str = ""
    formula: str = ""
    interval: str = ""
    interval_source: str = ""
    unit: str = ""
    is_of_groups: bool = False

    @property
    def corrected_name(self) -> str:
        """The name with Hedges' correction: g_av of d_av."""
        return "g" + self.name[1:]


_DELTA_METHOD = "d ± z root(delta-method variance under bivariate normality)"
#: Every effect size, in the order of tables.
EVERY_EFFECT_SIZE = (
    EffectSize(
        name="d_baseline",
        denominator="SD at baseline of the pairs",
        source="Becker, Br J Math Stat Psychol 1988, 41, 257-278",
        method=gettext_noop("mean change / SD at {0} of the pairs"),
        table_note=gettext_noop("mean change / SD at baseline of the pairs"),
        formula="mean change / SD at baseline of the pairs",
        interval="d ± z root(SD of changes^2 / (SD at baseline^2 (n - 1)) + d^2 / (2 (n - 1)))",
        interval_source="Becker, Br J Math Stat Psychol 1988, 41, 257-278",
        unit="baseline SDs",
    ),
    EffectSize(
        name="d_z",
        denominator="SD of the changes",
        source="Cohen, Statistical Power Analysis, 2nd ed., 1988, ch. 2.3",
        method=gettext_noop("mean change / SD of the changes"),
        table_note=gettext_noop("/ SD of the changes"),
        formula="mean change / SD of the changes",
        interval="noncentrality at which t is the 2.5 % or 97.5 % quantile of the noncentral t, / root(n)",
        interval_source="Cumming and Finch, Educ Psychol Meas 2001, 61, 532-574",
        unit="SDs of the change",
    ),
    EffectSize(
        name="d_av",
        # Another's table may divide by the root of the mean variance or by the mean SD: the audit allows for both.
        denominator="average of both waves' SDs",
        source="Bonett, Psychol Methods 2008, 13, 99-109",
        method=gettext_noop("mean change / root of the mean of both waves' variances"),
        table_note=gettext_noop("/ root of the mean of both variances"),
        formula="mean change / root((SD at baseline^2 + SD at follow-up^2) / 2)",
        interval=_DELTA_METHOD,
        interval_source="Bonett, Psychol Methods 2008, 13, 99-109",
        unit="average SDs",
    ),
    EffectSize(
        name="d_rm",
        denominator="(SD of the changes / root(2 (1 - r)))",
        source="Morris and DeShon, Psychol Methods 2002, 7, 105-125",
        method=gettext_noop("d_z times root of 2 (1 - r)"),
        table_note=gettext_noop("d_z times root of 2 (1 - r)"),
        formula="d_z root(2 (1 - r)), r the correlation of both waves",
        interval=_DELTA_METHOD,
        unit="SDs of a wave",
    ),
    EffectSize(
        name="d_s",
        denominator="pooled SD of both groups",
        source="Lakens, Front Psychol 2013, 4:863",
        is_of_groups=True,
    ),
)
#: Those of a change within people, by name: what is computed.
EFFECT_SIZES = {size.name: size for size in EVERY_EFFECT_SIZE if not size.is_of_groups}
#: The names that a result can have.
EFFECT_SIZE_NAMES = (*EFFECT_SIZES, *(size.corrected_name for size in EFFECT_SIZES.values()))
HEDGES_CORRECTION = "J(m) = gamma(m / 2) / (root(m / 2) gamma((m - 1) / 2))"
HEDGES_SOURCE = "Hedges, J Educ Stat 1981, 6, 107-128"


def effect_size_of(name: str) -> EffectSize:
    """The effect size of a name, with or without Hedges' correction. KeyError where there is none."""
    return EFFECT_SIZES["d" + name[1:]]


def effect_size_method(name: str, baseline: str) -> str:
    """How an effect size is computed, in words. baseline: the wave, or what else the baseline is to be called."""
    message = effect_size_of(name).method
    method = gettext(message.format(baseline)) if baseline == "baseline" else gettext(message).format(baseline)
    return method if name in EFFECT_SIZES else gettext("{method}, with Hedges' correction", method=method)
