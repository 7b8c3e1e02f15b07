"""From exports to the first right table: a draft, the stated edits, a run, and a mean beside the one that pandas gives."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest
import scipy
import tool_exports

from dagster_project.cli import main
from dagster_project.drafting import new_study_from
from dagster_project.settings import Settings, read_settings
from dagster_project.warehouse import Warehouse

_BETTER = '!ask "high or low, the end of the scale that is good"'
_ARMS = (
    '!ask "the groups to compare: {variable: arm, reference: one of waiting_list, course, design: randomised or natural},'
    ' or none"'
)
_GROUPS = "{variable: arm, reference: waiting_list, design: randomised}"
_SLIDER_ENDS = '!ask "high or low, the good end of all scales; or by scale, e.g. {vas_total: low, others: high}"'
_ENDS = '!ask "high or low, the good end of all scales; or by scale, e.g. {dep_total: low, others: high}"'


def _mean(frame: pd.DataFrame, minimum: int) -> float:
    """The mean of sums, the mean of the others standing for an item without an answer."""
    complete = frame[frame.notna().sum(axis=1) >= minimum]
    return float((complete.mean(axis=1) * frame.shape[1]).mean())


def _spss_means(exports: Path) -> dict[str, float]:
    means = {}
    for wave, path in enumerate(sorted(exports.rglob("*.sav")), start=1):
        frame = pd.read_spss(path, convert_categoricals=False)
        frame["LIFE_03"] = 8 - frame["LIFE_03"]
        for scale, stem, minimum in (("dep_total", "DEP", 8), ("life_total", "LIFE", 4)):
            means[f"summary/{scale}/T{wave}/mean"] = _mean(frame.filter(regex=f"^{stem}"), minimum)
    return means


def _redcap_means(exports: Path) -> dict[str, float]:
    frame = pd.read_csv(next(exports.glob("*_DATA_*.csv")))
    waves = {"baseline_arm_1": "baseline", "month_3_arm_1": "month3", "month_6_arm_1": "month6"}
    means = {
        f"summary/wor_total/{wave}/mean": _mean(frame[frame.redcap_event_name == event].filter(regex="^wor_"), 6)
        for event, wave in waves.items()
    }
    return means | _redcap_group_difference(frame, waves)


def _redcap_group_difference(frame: pd.DataFrame, waves: Mapping[str, str]) -> dict[str, float]:
    """SciPy's Welch test of the changes of both arms from the first to the second wave."""
    items = frame.filter(regex="^wor_")
    scores = (items.mean(axis=1) * items.shape[1]).where(items.notna().sum(axis=1) >= 6)
    wide = frame.assign(score=scores).pivot(index="record_id", columns="redcap_event_name", values="score")
    first, second = list(waves)[:2]
    change = (wide[second] - wide[first]).dropna()
    arms = frame[frame.redcap_event_name == first].set_index("record_id")["arm"]
    course, waiting_list = (change[arms.reindex(change.index) == arm] for arm in (1, 0))
    test = scipy.stats.ttest_ind(course, waiting_list, equal_var=False)
    result = f"change_difference/wor_total/course/{waves[first]}-{waves[second]}"
    return {f"{result}/difference": course.mean() - waiting_list.mean(), f"{result}/p": test.pvalue, f"{result}/df": test.df}


def _surveymonkey_means(exports: Path) -> dict[str, float]:
    means = {}
    codes = {text: code for code, text in enumerate(tool_exports.OFTEN, start=1)}
    for wave, path in enumerate(sorted(exports.glob("*.csv")), start=1):
        frame = pd.read_csv(path, header=None, skiprows=2).iloc[:, 7:12].replace(codes).astype(float)
        frame[10] = 6 - frame[10]
        means[f"summary/questions_total/wave{wave}/mean"] = _mean(frame, 4)
    return means


def _wide_means(exports: Path) -> dict[str, float]:
    frame = pd.read_csv(exports / "data.csv", sep=";", decimal=",").replace(99, float("nan"))
    return {f"summary/mood_total/T{wave}/mean": _mean(frame.filter(regex=f"_t{wave}$"), 5) for wave in (1, 2)}


def _slider_means(exports: Path) -> dict[str, float]:
    means = {}
    for wave, mark in ((1, ","), (2, ".")):
        text = (exports / f"T{wave}.csv").read_text(encoding="utf-8").replace(mark, ".")
        frame = pd.read_csv(io.StringIO(text), sep=";").replace(99, float("nan"))
        frame["vas3"] = 10 - frame["vas3"]
        for scale, minimum in (("vas", 4), ("tired", 3), ("calm", 4)):
            means[f"summary/{scale}_total/T{wave}/mean"] = _mean(frame.filter(regex=f"^{scale}"), minimum)
    return means


@pytest.mark.slow
@pytest.mark.parametrize(
    ("write_exports", "edits", "means"),
    [
        (tool_exports.spss_in_waves, {"study": (_ENDS, "{dep_total: low, others: high}"), "life": ("!ask [3]", "[3]")}, _spss_means),
        (tool_exports.redcap_long, {"wor": (_BETTER, "low"), "study": (_ARMS, _GROUPS)}, _redcap_means),
        (
            tool_exports.surveymonkey_in_waves,
            {"study": ("!ask {", "{"), "questions": (_BETTER, "high"), "questions ": ("!ask [4]", "[4]")},
            _surveymonkey_means,
        ),
        (
            tool_exports.wide_with_missing_codes,
            {"study": ('!ask "the planned month, a number (T1 is month 0)"', "3"), "mood": (_BETTER, "high")},
            _wide_means,
        ),
        (
            tool_exports.sliders_in_waves,
            {
                "study": ('!ask "the planned month, a number (T1 is month 0)"', "3"),
                "study ": (_SLIDER_ENDS, "high"),
                "vas": ("!ask [3]", "[3]"),
            },
            _slider_means,
        ),
    ],
    ids=["spss", "redcap", "surveymonkey", "wide", "sliders"],
)  # fmt: skip
def test_few_edits_lead_to_the_right_means(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    write_exports: Callable[[Path], Path],
    edits: Mapping[str, tuple[str, str]],
    means: Callable[[Path], dict[str, float]],
    share_parsed_models: Callable[[Settings], None],
) -> None:
    exports, folder = write_exports(tmp_path / "exports"), tmp_path / "my_study"
    draft = new_study_from(folder, [exports])
    assert len(draft.questions) <= len(edits) <= 5
    for name, (text, replacement) in edits.items():
        path = folder / "study.yaml" if name.strip() == "study" else folder / f"instruments/{name.strip()}.yaml"
        content = path.read_text(encoding="utf-8")
        assert content.count(text) == 1
        path.write_text(content.replace(text, replacement), encoding="utf-8")
    assert main(["check", "--study", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "everything fits"
    for name, value in {"STUDY": folder, "HOME": tmp_path / "home"}.items():
        monkeypatch.setenv(f"WAVEHOUSE_{name}", str(value))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home" / "dagster"))
    share_parsed_models(read_settings())
    assert main(["run", "--quiet"]) == 0, capsys.readouterr().err
    rows = Warehouse(folder / "release/warehouse.duckdb").rows("select result_id, value from results.results")
    values = {row["result_id"]: row["value"] for row in rows}
    for result_id, mean in means(exports).items():
        assert values[result_id] == pytest.approx(mean, rel=1e-12), result_id
