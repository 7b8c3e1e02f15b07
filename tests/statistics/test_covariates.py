"""Differences of change adjusted for the score at baseline and covariates: against R's lm, from people to results."""

import math
from collections.abc import Callable

import pytest
from covariate_moments import ARMS, REGIONS, SCALE, Person, adjusted_study, covariate_moments, pairs_of

from dagster_project.results import covariate_adjusted_results

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


def _people(said: dict[tuple[str, str], float]) -> list[Person]:
    """The people that stand in R's output; None for what is not known."""
    names = ("arm", "region", "age", "dose", "T1", "T2")
    count = max(int(contrast) for contrast, statistic in said if statistic == "T1")
    people = []
    for number in range(1, count + 1):
        values = {name: said[str(number), name] for name in names}
        person: Person = {name: None if math.isnan(value) else value for name, value in values.items()}
        for name, codes in (("arm", ARMS), ("region", REGIONS)):
            person[name] = None if person[name] is None else codes[int(person[name]) - 1]
        people.append(person)
    return people


def _expected(said: dict[tuple[str, str], float], arm: int, sign: int) -> dict[str, float]:
    """What R says of an arm. sign: -1 where change is baseline minus follow-up, which turns difference, t and interval."""
    low, high = sorted(sign * said[str(arm), f"ci95_{end}"] for end in ("low", "high"))
    return {
        "difference": sign * said[str(arm), "difference"], "t": sign * said[str(arm), "t"], "se": said[str(arm), "se"],
        "p": said[str(arm), "p"], "ci95_low": low, "ci95_high": high, "df": said["", "df"],
        "p_slopes": said.get(("", "p_slopes"), math.nan),
    }  # fmt: skip


@pytest.mark.slow
def test_everything_is_what_r_says(witness: Callable[[str], Said]) -> None:
    """From people over moments to results, in both directions of change. What R has no coefficient for is refused."""
    compared, refused = 0, 0
    for sample, said in witness("covariates").items():
        people = _people(said)
        arms = ARMS[: len({person["arm"] for person in people})]
        order = {name: value for (name, statistic), value in said.items() if statistic == "covariate"}
        study = adjusted_study(sorted(order, key=order.__getitem__), len(arms))
        results = covariate_adjusted_results(list(covariate_moments(study, people)), pairs_of(study, people), study)
        for direction, sign in (("up", 1), ("down", -1)):
            for arm, code in enumerate(arms[1:], start=2):
                rows = {
                    row.statistic: row
                    for row in results
                    if (row.outcome, row.people_group, row.contrast) == (SCALE, code, direction)
                }
                assert rows["n"].value == said["", "n"], sample
                if said["", "aliased"]:
                    assert rows["difference"].value is None, sample
                    assert str(rows["p"].note).startswith("covariate '"), sample
                    refused += 1
                    continue
                for name, value in _expected(said, arm, sign).items():
                    if math.isnan(value):
                        assert (rows[name].value, rows[name].note) == (None, "no residual degrees of freedom"), sample
                    else:
                        assert rows[name].value == pytest.approx(value, rel=1e-9, abs=1e-12), (sample, name)
                        compared += 1
    assert len(witness("covariates")) == 15
    assert (compared, refused) == (238, 12)
