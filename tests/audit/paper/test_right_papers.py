"""Right numbers in tables of the kinds that pages of journals, R, JASP and jamovi print: none is accused."""

import io
import zipfile

import pytest

from dagster_project.audit import NOTE, audit_table, read_any_table
from dagster_project.results import ResultsError

#: Statistics below headings, categories beside them, one n above each column.
_CHARACTERISTICS = """
\tAlive (N = 134)\tDead (N = 57)\tOverall (N = 191)
Sex
  Male\t43 (32.1%)\t29 (50.9%)\t72 (37.7%)
  Female\t91 (67.9%)\t28 (49.1%)\t119 (62.3%)
Age
  Mean (SD)\t50.0 (15.9)\t55.1 (17.9)\t51.5 (16.7)
  Median [Min, Max]\t52.0 [4.00, 84.0]\t56.0 [14.0, 95.0]\t53.0 [4.00, 95.0]
Thickness
  Mean (SD)\t2.24 (2.33)\t4.31 (3.57)\t2.86 (2.91)
  Median [Min, Max]\t1.36 [0.100, 12.9]\t3.54 [0.320, 17.4]\t1.90 [0.100, 17.4]
"""
#: Characteristics without a heading, some beside each other, none a category of another's block.
_ALONE = """
\tBefore\tAfter
\tN=431\tN=786
Sex:
  Male\t206 (47.8%)\t390 (49.6%)
  Female\t225 (52.2%)\t396 (50.4%)
Smoking:
  Never\t234 (56.4%)\t414 (54.6%)
  Formerly\t109 (26.3%)\t267 (35.2%)
  Now\t72 (17.3%)\t77 (10.2%)
Blood pressure\t133±19.2\t133±21.3
Hypertension\t111 (25.8%)\t233 (29.6%)
Treated\t71 (16.5%)\t127 (16.2%)
Cholesterol\t225±43.1\t224±44.4
Treated for it\t28 (6.5%)\t68 (8.8%)
Event\t10 (2.5%)\t35 (4.7%)
"""
#: Each row says what its cells are, below a block that adds up.
_OWN_FORM = """
Characteristic\tAdvice (n = 974)\tUsual care (n = 950)
Weight, n (%)
  Normal\t410 (42.1)\t421 (44.3)
  High\t282 (29.0)\t268 (28.2)
  Very high\t282 (29.0)\t261 (27.5)
Public patient, n (%)\t954 (97.9)\t927 (97.6)
Smoker, n (%)\t124 (12.7)\t97 (10.2)
Nulliparous, n (%)\t410 (42.1)\t385 (40.5)
"""
#: One block of several answers beside blocks of one; 9 of 86 is misprinted, or another number of people.
_ANSWERS = """
Variable\tAll (n = 86)
Sex, n (%)
  Male\t57 (66)
  Female\t29 (34)
Race, n (%)
  White\t83 (97)
  Asian\t2 (2)
  Other\t1 (1)
Country, n (%)
  Here\t64 (74)
  There\t22 (26)
Drugs, n (%)
  First\t57 (66)
  Second\t37 (43)
  Third\t29 (34)
  Fourth\t9 (11)
"""
#: People without an answer, in a row below each heading.
_MISSING = """
\tTime 1 (N=6)\tTime 2 (N=6)\tDifference (N=6)
Number
  N-Miss\t1\t2\t2
  Mean (SD)\t2.200 (1.643)\t3.250 (0.957)\t0.500 (1.000)
  Range\t0.000 - 4.000\t2.000 - 4.000\t-1.000 - 1.000
"""
#: Rows of each arm below the number of people of all arms.
_STRATA = """
Arm\t\tMale (N=916)\tFemale (N=583)\tTotal (N=1499)
A: First\tAge\t\t\t
\tMean (SD)\t59.903 (11.347)\t59.252 (11.422)\t59.673 (11.365)
\tRange\t28.000 - 83.000\t27.000 - 88.000\t27.000 - 88.000
F: Second\tAge\t\t\t
\tMean (SD)\t60.702 (10.999)\t58.355 (12.113)\t59.763 (11.499)
\tRange\t29.000 - 85.000\t26.000 - 82.000\t26.000 - 85.000
"""
#: Arms that are called by letters which are also statistics, and an answer N.
_LETTERS = """
\tA: First (N=428)\tF: Second (N=691)\tG: Third (N=380)\tTotal (N=1499)
Quality
  N-Miss\t55\t156\t41\t252
  N\t41 (11.0%)\t52 (9.7%)\t31 (9.1%)\t124 (9.9%)
  Y\t332 (89.0%)\t483 (90.3%)\t308 (90.9%)\t1123 (90.1%)
"""
#: Weighted counts below the numbers of those who answered.
_WEIGHTED = """
\tCases (N=258)\tControls (N=258)
Scar
  Yes\t100 (38.8%)\t34847 (56.8%)
  No\t158 (61.2%)\t26463 (43.2%)
"""
#: A total with people of no group, and one of weighted counts that are rounded each by itself.
_TOTALS = """
\tA (n = 511)\tB (n = 404)\tTotal (n = 929)
Events\t250\t201\t452
Younger\t31 (6.1)\t36 (8.9)\t70 (7.5)
Older\t480 (93.9)\t368 (91.1)\t859 (92.5)
"""
#: Models in columns, one of them called like p.
_MODELS = """
\tNormal p values\tSupplied p values\tMean
(Intercept)\t981.607\t981.607\t1.0
carat\t4328.324 ***\t4328.324\t0.8
depth\t-27.785 *\t-27.785\t61.7
R2\t0.912\t0.912\t
"""
#: Two numbers with a stroke that are no part and whole.
_STROKES = """
Experiment\tInjected/transferred\tLive/stillborn\tp
1\t62/40\t2/0\t.031
2\t40/22\t1/2\t.042
3\t133/90\t5/1\t.053
"""
#: A group that is called like a number of people.
_OBS = """
\tObs\tLev\tBoth
\tN=315\tN=310\tN=304
Age
  Young\t25 (7.9)\t19 (6.1)\t26 (8.6)
  Old\t290 (92.1)\t291 (93.9)\t278 (91.4)
"""
_ALL = {
    "statistics below headings": _CHARACTERISTICS, "characteristics alone": _ALONE, "own form": _OWN_FORM,
    "several answers": _ANSWERS, "missing": _MISSING, "strata": _STRATA, "letters": _LETTERS, "weighted": _WEIGHTED,
    "totals": _TOTALS, "models": _MODELS, "strokes": _STROKES, "obs": _OBS,
}  # fmt: skip


def _accused(data: str | bytes) -> list[str]:
    table = read_any_table(data.encode() if isinstance(data, str) else data, "t").table
    return [f"{finding.value.label}: {finding.rule}" for finding in audit_table(table.values) if finding.severity != NOTE]


def _cells(data: str | bytes) -> dict[tuple[str, str, str, str], str]:
    """By section, label, moment and statistic."""
    paper = read_any_table(data.encode() if isinstance(data, str) else data, "t").paper
    assert paper is not None
    return {
        (row["section"], row["label"], row["timepoint"], row["statistic"]): row["printed"]
        for row in paper.rows
        if not row["question"]
    }


@pytest.mark.parametrize("name", _ALL)
def test_no_right_number_is_accused(name: str) -> None:
    assert _accused(_ALL[name].lstrip("\n")) == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "accused"),
    [
        ("statistics below headings", "43 (32.1%)", "43 (23.1%)", ["Male: percent_of_count"]),
        ("characteristics alone", "111 (25.8%)", "111 (52.8%)", ["Hypertension: percent_of_count"]),
        ("own form", "124 (12.7)", "124 (21.7)", ["Smoker: percent_of_count"]),
        ("several answers", "22 (26)", "22 (62)", ["Here: percent_sum"]),
        ("letters", "124 (9.9%)", "142 (9.9%)", ["N: total_of_groups"]),
        ("weighted", "100 (38.8%)", "310 (38.8%)", ["Yes: counts_within"]),
        ("totals", "\t452", "\t542", ["Events: total_of_groups"]),
    ],
)
def test_a_slip_in_such_a_table_is_found(name: str, right: str, wrong: str, accused: list[str]) -> None:
    text = _ALL[name].lstrip("\n").replace(right, wrong, 1)
    assert _accused(text) == accused


def test_statistics_below_a_heading_are_the_headings_of_each_group() -> None:
    cells = _cells(_CHARACTERISTICS.lstrip("\n"))
    assert cells["", "Age", "Alive", "mean"] == "50.0"
    assert cells["", "Thickness", "Dead", "sd"] == "3.57"
    missing = _cells(_MISSING.lstrip("\n"))
    assert [missing["", "Number", moment, "n"] for moment in ("Time 1", "Time 2")] == ["5", "4"]
    assert not any(statistic == "n" and label == "Age" for _, label, _, statistic in _cells(_STRATA.lstrip("\n")))
    assert _cells(_LETTERS.lstrip("\n"))["Quality", "N", "F: Second", "count"] == "52"
    assert _cells(_OBS.lstrip("\n"))["Age", "Young", "Obs", "percent"] == "7.9"


def test_what_a_column_cannot_hold_is_asked() -> None:
    for text, words in ((_MODELS, "no probabilities"), (_STROKES, "a of b cannot be")):
        paper = read_any_table(text.lstrip("\n").encode(), "t").paper
        assert paper is not None
        assert any(words in question for question in paper.questions)


def test_tables_of_a_page_have_habits_of_their_own_unless_one_holds_the_changes_of_another() -> None:
    t_tests = "".join(
        f"{name}\t{first} (2.00)\t{second} (2.00)\t{p}\n"
        for name, first, second, p in (
            ("Hope", "3.00", "4.00", ".014"), ("Joy", "3.00", "3.50", ".215"), ("Calm", "3.00", "4.50", "<.001"),
            ("Rest", "3.00", "3.20", ".618"),
        )
    )  # fmt: skip
    head = "Scale\tA (n = 50)\tB (n = 50)\tp\n\tM (SD)\tM (SD)\n"
    ranks = "Anger\t3.00 (2.00)\t4.00 (2.00)\t.044\n"
    together = f"Table 1. By group\n\n{head}{t_tests}{ranks}"
    apart = f"Table 1. By group\n\n{head}{t_tests}\nTable 2. Others, Mann–Whitney\n\n{head}{ranks}"
    assert _accused(together) == ["Anger: p_of_interval"]
    assert _accused(apart) == []
    waves, changes = (
        "Table 1. Means\n\nScale\tT1 (n = 40)\tT2 (n = 40)\n\tM (SD)\tM (SD)\n",
        "Table 2. Changes\n\nScale\tT1–T2 mean change\n",
    )
    for name, first, change in (
        ("Hope", "3.00", "1.50"),
        ("Joy", "4.00", "0.50"),
        ("Calm", "3.50", "1.00"),
        ("Rest", "2.50", "1.20"),
    ):
        waves += f"{name}\t{first} (1.00)\t4.50 (1.00)\n"
        changes += f"{name}\t{change}\n"
    assert _accused(f"{waves}\n{changes}") == ["Rest: change_of_means"]


def _archive(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def test_a_file_of_jasp_or_jamovi_goes_in_as_it_is() -> None:
    page = (
        b"<!doctype html><html><body><table><thead><tr><th></th><th>N</th><th>Mean</th><th>SD</th><th>SE</th></tr></thead>"
        b"<tr><td>Hope</td><td>25</td><td>3.10</td><td>1.23</td><td>0.90</td></tr></table></body></html>"
    )
    assert _accused(_archive(index__html=page, meta=b"")) == ["Hope: error_of_mean"]
    with pytest.raises(
        ResultsError, match=r"^t: SPSS output is not read as it is; export it from SPSS as HTML, Word or Excel$"
    ):
        read_any_table(_archive(outputViewer0__xml=b"<x/>"), "t")


def test_a_head_without_the_cell_above_the_names_gets_it() -> None:
    page = (
        "<table><tr><td>Odds ratio</td><td>P value</td><td>N</td></tr><tr><td>Age</td><td>1.09</td><td>.001</td><td>90</td></tr>"
        "<tr><td>Size</td><td>0.92</td><td>.094</td><td>91</td></tr></table>"
    )
    cells = _cells(page)
    assert [cells["", "Size", "all", name] for name in ("or", "p", "n")] == ["0.92", ".094", "91"]


def test_text_in_columns_is_parted_from_the_prose_above_it() -> None:
    text = (
        "```{r}\nSummary statistics for the data\n\n               N       M      SD    Skew\n"
        "Outcome1   4.000   2.000   2.449   0.544\nOutcome2   4.000   6.000   2.449  -0.544\n```\n"
    )
    cells = _cells(text)
    assert cells["", "Outcome2", "all", "sd"] == "2.449"
    assert cells["", "Outcome2", "all", "n"] == "4"
