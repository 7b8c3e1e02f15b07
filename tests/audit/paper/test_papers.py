"""Whole tables of the shapes that journals and programs print: what each number is understood as, and what the auditor says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paper import made_papers

from dagster_project.audit import NOTE, audit_table, read_any_table
from dagster_project.audit.paper import PaperReading
from dagster_project.audit.paper.displayed_numbers import number_format
from dagster_project.cli import main
from dagster_project.results import ResultsError

Key = tuple[str, str, str, str, str]


def _numbers(data: str | bytes) -> tuple[PaperReading, dict[Key, str]]:
    """Numbers by table, section, label, moment and statistic."""
    paper = read_any_table(data.encode() if isinstance(data, str) else data, "t").paper
    assert paper is not None
    rows = [row for row in paper.rows if not row["question"]]
    keys = [(row["table"], row["section"], row["label"], row["timepoint"], row["statistic"]) for row in rows]
    assert len(keys) == len(set(keys))
    return paper, dict(zip(keys, [row["printed"] for row in rows], strict=True))


def _findings(data: str | bytes) -> list[str]:
    table = read_any_table(data.encode() if isinstance(data, str) else data, "t").table
    return [f"{finding.value.label}: {finding.rule}" for finding in audit_table(table.values) if finding.severity != NOTE]


def test_a_page_with_three_tables_is_read() -> None:
    paper, numbers = _numbers(made_papers.page())
    assert [table.text for table in paper.tables] == [
        "table 1: 5 rows × 4 columns, 23 numbers",
        "table 2: 2 rows × 6 columns, 16 numbers",
        "table 3: 3 rows × 5 columns, 12 numbers, 1 cell set aside",
    ]
    assert paper.questions == [
        "table 3, row 4 'Men', column 4 'Adjusted OR (95% CI)': 'see text': 'see text' holds no number"
    ]
    expected: dict[Key, str] = {
        ("1", "heads of table 1", "N", "Intervention", "n"): "40",
        ("1", "", "Age, years", "Control", "sd"): "9.9",
        ("1", "", "Sex", "Intervention vs Control", "p"): ".52",
        ("1", "Sex", "Women", "Control", "percent"): "62.0",
        ("1", "Smoker", "Smoker", "Intervention vs Control", "p"): ">.05",
        ("2", "Intervention", "Distress", "Post", "mean"): "8.05",
        ("2", "Control", "Hope", "Pre", "sd"): "0.82",
        ("2", "", "Distress", "comparison", "p"): "<.001",
        ("3", "", "Men", "Crude", "ci_high"): "1.80",
        ("3", "", "Age", "Adjusted", "p"): ".05",
    }
    assert {key: numbers.get(key) for key in expected} == expected
    assert _findings(made_papers.page()) == []


def test_a_percentage_of_the_page_that_is_wrong_is_found() -> None:
    assert _findings(made_papers.page(smokers="12 (33.0)")) == ["Smoker: percent_of_count"]


def test_a_document_with_three_tables_is_read() -> None:
    paper, numbers = _numbers(made_papers.document())
    assert [(table.rows, table.columns, table.questions) for table in paper.tables] == [(3, 5, 0), (4, 4, 0), (2, 4, 0)]
    expected: dict[Key, str] = {
        ("1", "Intervention", "Well-being", "T1", "mean"): "48.43",
        ("1", "Control", "Hope", "T2", "n"): "50",
        ("2", "", "Distress", "Women", "sd"): "3.90",
        ("2", "", "Well-being", "Men", "n"): "18",
        ("3", "", "Well-being", "Pre - Post", "change"): "1.70",
        ("3", "", "Distress", "Pre - Post", "ci_low"): "-5.20",
        ("3", "", "Distress", "Post", "n"): "40",
    }
    assert {key: numbers.get(key) for key in expected} == expected
    assert _findings(made_papers.document()) == []


def test_a_workbook_with_titles_notes_and_a_hidden_sheet_is_read() -> None:
    paper, numbers = _numbers(made_papers.workbook())
    assert [table.text for table in paper.tables] == ["table 4: 1 row × 8 columns, 7 numbers"]
    assert numbers["4", "", "Hope", "Women", "sd"] == "0.75"
    assert numbers["4", "", "Hope", "Men vs Women", "p"] == ".56"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (made_papers.GROUPS_BELOW_OUTCOMES, {("1", "", "Hope", "Women", "mean"): "3.59", ("1", "", "Joy", "Women", "n"): "22"}),
        (made_papers.ESTIMATED_MEANS, {("1", "", "table 1", "Control", "ci_high"): "11.2",
                                       ("1", "", "table 1", "Treated vs Control", "ci_high"): "3.5"}),
        (made_papers.CORRELATIONS, {("1", "", "1. Hope", "all", "sd"): "0.80"}),
        (made_papers.PASTED, {("2", "", "Distress", "Intervention vs Control", "t"): "-3.91",
                              ("2", "", "Hope", "Control", "n"): "50", ("2", "", "Hope", "Intervention", "sd"): "0.80"}),
        (made_papers.WIDE, {("1", "", "Belastung", "T1", "n"): "1234", ("1", "", "Hoffnung", "T2", "mean"): "3.60",
                            ("1", "", "Belastung", "T1 - T2", "p"): "<.001"}),
        (made_papers.SPSS_PAIRED, {("1", "", "pre - post", "Paired Differences", "sd_change"): "5.000",
                                   ("1", "", "pre - post", "Paired Differences", "ci_low"): "-3.299",
                                   ("1", "", "pre - post", "Paired Differences", "t"): "-2.150"}),
        (made_papers.JASP_DESCRIPTIVES, {("1", "", "Hope", "post", "n"): "40", ("1", "", "Distress", "pre", "sd"): "4.000"}),
        (made_papers.JAMOVI_TEST, {("1", "", "Hope", "all", "change"): "-1.70", ("1", "", "Hope", "all", "ci_high"): "-0.10"}),
        (made_papers.R_MODEL, {("1", "", "group", "all", "estimate"): "1.7000", ("1", "", "group", "all", "se"): "0.7906",
                               ("1", "", "(Intercept)", "all", "p"): "<2e-16"}),
        (made_papers.R_TABLE_ONE, {("1", "heads of table 1", "N", "control", "n"): "50", ("1", "", "age", "treated", "sd"): "10.10",
                                   ("1", "sex = Women", "sex = Women", "control", "count"): "31"}),
        (made_papers.GTSUMMARY, {("1", "", "Age", "Drug A", "q3"): "52", ("1", "", "Unknown", "Drug B", "count"): "1"}),
        (made_papers.REGRESSION, {("1", "", "Age", "Model 2", "estimate"): "0.28", ("1", "", "Women", "Model 1", "se"): "0.11"}),
    ],
    ids=["groups below outcomes", "estimated means", "correlations", "pasted", "wide", "SPSS", "JASP", "jamovi", "R", "tableone", "gtsummary", "regression"],
)  # fmt: skip
def test_tables_of_programs_and_pasted_text_are_read(text: str, expected: dict[Key, str]) -> None:
    _, numbers = _numbers(text)
    assert {key: numbers.get(key) for key in expected} == expected, numbers


def test_a_heading_that_has_an_n_beside_it_heads_its_categories() -> None:
    text = (
        "Variable\tn\tA (n = 40)\tB (n = 50)\nSex\t90\t\t\nWomen\t\t22 (55.0%)\t31 (62.0%)\nMen\t\t18 (45.0%)\t19 (38.0%)\n"
        "Age, M (SD)\t88\t45.2 (10.1)\t44.8 (9.9)\n"
    )
    _, numbers = _numbers(text)
    assert numbers["1", "Sex", "Men", "B", "percent"] == "38.0"
    assert numbers["1", "", "Age", "A", "mean"] == "45.2"


def test_columns_without_a_statistic_are_no_groups_and_a_mean_beside_them_is_no_change() -> None:
    text = "Variable\tn\tMissing %\tUnique\tM\tSD\tMin\tMax\nHope\t40\t0.0\t12\t3.45\t0.80\t1.5\t5.0\n"
    paper, numbers = _numbers(text)
    assert {key[4]: printed for key, printed in numbers.items() if key[3] == "all"} == {
        "n": "40", "mean": "3.45", "sd": "0.80", "min": "1.5", "max": "5.0",
    }  # fmt: skip
    assert paper.questions == ["table 1, row 2 'Hope', column 4 'Unique': '12': a: no heading says which statistic it is"]


def test_statistics_in_rows_below_headings_are_of_both() -> None:
    text = "\tClearance\tVolume\nAll\t\t\nN\t63\t61\nMean ± SD\t1.2 ± 0.9\t1.5 ± 0.5\nRange\t0.3–7.8\t0.5–3.4\nChildren\t\t\nN\t29\t28\n"
    _, numbers = _numbers(text)
    assert numbers["1", "", "Volume", "All", "sd"] == "0.5"
    assert numbers["1", "", "Clearance", "All", "max"] == "7.8"
    assert numbers["1", "", "Volume", "Children", "n"] == "28"


@pytest.mark.parametrize("answer", ["No", "Yes", "Low", "Missing", "B"])
def test_the_name_of_a_category_is_no_statistic(answer: str) -> None:
    _, numbers = _numbers(f"Smoker\tn (%)\n{answer}\t12 (30.0)\nSometimes\t28 (70.0)\n")
    assert numbers["1", "", answer, "all", "count"] == "12"


def test_a_form_of_several_is_chosen_by_the_numbers_of_its_row() -> None:
    text = (
        "Variable\tA (n = 40)\tB (n = 50)\nAge\t45.2 (10.1)\t44.8 (9.9)\nWomen\t22 (55)\t31 (62)\nVisits\t12 (4)\t13 (5)\n"
        "Note. Values are mean (SD) or n (%), unless otherwise said.\n"
    )
    paper, numbers = _numbers(text)
    assert numbers["1", "", "Age", "A", "sd"] == "10.1"
    assert numbers["1", "Women", "Women", "B", "percent"] == "62"
    # Whole numbers that are no percentages of 40 and 50 people may be means: it is asked.
    assert [row["cell"] for row in paper.rows if row["question"]] == ["12 (4)", "13 (5)"]


def test_a_preview_is_corrected_and_given_back(tmp_path: Path, capsys: Any) -> None:
    table, preview = tmp_path / "t.csv", tmp_path / "preview.csv"
    table.write_text('Scale,T1,T2\nHope,3.45 (0.80),3.60 (0.75)\nJoy,"M = 2.10, SD = 0.50",\n', encoding="utf-8")
    assert main(["audit", str(table), "--preview", str(preview)]) == 0
    question = "a (b): M (SD), n (%), or what? no heading or note says; say --form 'M (SD)', 'n (%)', …"
    assert capsys.readouterr().out.splitlines()[:5] == [
        "1 table",
        "  table 1: 2 rows × 3 columns, 2 numbers, 2 cells set aside",
        f"  set aside: table 1, row 2 'Hope', column 2 'T1': '3.45 (0.80)': {question}",
        f"  set aside: table 1, row 2 'Hope', column 3 'T2': '3.60 (0.75)': {question}",
        "2 printed numbers: 0 impossible, 0 inconsistent, 0 not reproducible, 0 notes",
    ]
    asked = f"1,,Hope,T1,,3.45 (0.80),,\"{question}\",3.45 (0.80),\"table 1, row 2 'Hope', column 2 'T1'\"\n"
    text = preview.read_text(encoding="utf-8")
    assert asked in text
    preview.write_text(text.replace(asked, "1,,Hope,T1,mean,3.45,,,,\n1,,Hope,T1,sd,0.80,,,,\n"), encoding="utf-8")
    assert main(["audit", str(preview)]) == 0
    assert capsys.readouterr().out.startswith(
        "4 printed numbers: 0 impossible, 0 inconsistent, 0 not reproducible, 0 notes\n"
    )
    assert main(["audit", str(table), "--form", "M (SD)"]) == 0
    assert "table 1: 2 rows × 3 columns, 6 numbers\n" in capsys.readouterr().out
    assert main(["audit", str(table), "--preview", str(preview)]) == 2  # a preview is never overwritten
    assert main(["audit", str(table), "--form", "horoscope"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "wavehouse: --form: 'horoscope' is no form of a cell; write it as in a heading, such as M (SD) or n (%)"
    )


@pytest.mark.slow
def test_standard_input_is_read() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", "audit", "-"],
        input=made_papers.PASTED, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[1] == "  table 2: 2 rows × 7 columns, 18 numbers", done.stderr


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7", "t: a PDF has letters at places, and no tables; copy the table and paste it, or save it as Word, HTML or CSV"),
        (b"{\\rtf1", "t: an RTF document is not read; save it as .docx"),
        (b"PK\x03\x04broken", "t: the file is damaged (File is not a zip file); save it again"),
        (b"<html><body><p>no table</p></body></html>", "t: there is no table of two rows and two columns in it; give the file with the table"),
        (b"Some prose, as people write it.\nIt has commas, now and then, and no table.\n",
         "t: there is no table of two rows and two columns in it; give the file with the table"),
        (b"Scale\tM\nHope\t12 (35)\n", "t: no number is understood; table 1, row 2 'Hope', column 2 'M': '12 (35)': a (b) does not fit its heading, mean"),
        (b"A\tB\n\x00\x01", "t: the file is no text; give a table as text, HTML, .docx or .xlsx"),
        (made_papers.archive("mimetype", "content.xml", "styles.xml"),
         "t: how this kind of workbook shows its numbers is not read; save it as .xlsx"),
        (made_papers.archive("xl/workbook.bin"), "t: how this kind of workbook shows its numbers is not read; save it as .xlsx"),
        (b"\xd0\xcf\x11\xe0rest", "t: an old or encrypted Office file; save it as .docx or .xlsx, without a password"),
    ],
)  # fmt: skip
def test_what_has_no_table_is_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(ResultsError) as error:
        read_any_table(data, "t")
    assert str(error.value) == message


# --- where a number stands, and what a workbook shows --------------------------------------------------------------------


def _positions(data: str | bytes, statistic: str) -> list[str]:
    any_table = read_any_table(data.encode() if isinstance(data, str) else data, "t")
    return [any_table.positions[value.line] for value in any_table.table.values if value.statistic == statistic]


def test_a_number_has_its_table_row_and_column_and_of_a_workbook_its_cell(tmp_path: Path, capsys: Any) -> None:
    assert _positions(made_papers.page(), "or")[0] == "table 3, row 2 'Age', column 2 'Crude OR (95% CI)'"
    assert _positions(made_papers.document(), "change") == [
        "table 3, row 2 'Well-being', column 4 'Change (95% CI)'",
        "table 3, row 3 'Distress', column 4 'Change (95% CI)'",
    ]
    assert _positions(made_papers.workbook(), "p") == ["table 4, row 5 'Hope', column 8 'p', cell Results!H5"]
    file = tmp_path / "t.xlsx"
    file.write_bytes(made_papers.formatted_workbook())
    assert main(["audit", str(file)]) == 1
    # 1.2345 / root(25) is 0.25: shown with two decimals it is 1.23, and 0.9 is 0.90.
    assert capsys.readouterr().out.splitlines()[3] == (
        "  table 1, row 3 'Hope', column 5 'SE', cell Scores of all!AA3 (all, se 0.90): SD / root(n) = 1.23 / root(25) = 0.245 to"
        " 0.247, not 0.90; weights, or other people than those that are printed, could explain it [error_of_mean, slack 0.65]"
    )


def test_what_a_workbook_shows_is_what_is_printed() -> None:
    _, numbers = _numbers(made_papers.formatted_workbook())
    texts = {key[4]: text for key, text in numbers.items() if key[2] == "Hope"}
    assert texts == {"n": "25", "mean": "3.46", "sd": "1.23", "se": "0.90", "percent": "35.3"}
    # General leaves it open: as stored.
    assert {key[4]: text for key, text in numbers.items() if key[2] == "Joy"} == {"n": "25", "mean": "3.4"}


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("0", 2.5, "3"), ("0.00", -0.004, "0.00"), ("0.00", 0.995, "1.00"), ("#,##0.0_);(#,##0.0)", 1234.56, "1234.6"),
        ("0.0%", 0.3533, "35.3%"), ("0.0##", 3.5, "3.5"), ('0.00" kg"', 3.456, "3.46"), ("[Red]0.00;[Blue]-0.00", -1.005, "-1.01"),
        ("General", 1.5, None), ("@", 1.5, None), ("yyyy-mm-dd", 40000.0, None), ("0.00E+00", 1.5, None), ("# ?/?", 0.5, None),
        ("0.0,", 12345.0, None), ("0,", 12345.0, None),
    ],
)  # fmt: skip
def test_a_format_shows_a_number_so(code: str, number: float, text: str | None) -> None:
    cell_format = number_format(code)
    assert (cell_format.text(number) if cell_format is not None else None) == text


def test_a_page_of_an_archive_of_articles_goes_in_as_it_is() -> None:
    """Its tables in sections with a head, a caption, columns' widths, marks of notes that are links, and notes of their own;
    around them the article, its menus, its figures and a list of what it cites."""
    paper, numbers = _numbers(made_papers.archive_page())
    assert [table.text for table in paper.tables] == [
        "table 1: 3 rows × 4 columns, 18 numbers",
        "table 2: 2 rows × 6 columns, 11 numbers",
    ]
    assert numbers["1", "", "Age, years", "Intervention", "mean"] == "45.2"
    assert numbers["1", "Sex", "Women", "Control", "count"] == "31"
    assert _findings(made_papers.archive_page()) == []
    assert _findings(made_papers.archive_page().replace("31 (62.0)", "31 (26.0)")) == ["Women: percent_of_count"]


# --- matrices of correlations ---------------------------------------------------------------------------------------------

_MATRIX = (
    "Table 3. Means, standard deviations, and correlations (N = 120)\n\nVariable\tM\tSD\t1\t2\t3\n1. Hope\t3.45\t0.80\t(.85)\n"
    "2. Distress\t8.05\t3.90\t−.42***\t—\n3. Sleep\t6.10\t1.50\t.31***\t−.28**\t1\n4. Age\t45.20\t10.10\t.05\t.12\t.18*\n"
    "\nNote. *p < .05. **p < .01. ***p < .001.\n"
)
_NAMED = "Table 4\n\n\tHope\tDistress\tSleep\nHope\t1\t\t\nDistress\t-.42\t1\t\nSleep\t.31\t-.28\t1\n"


def test_a_matrix_of_correlations_is_read_by_numbers_or_names() -> None:
    paper, numbers = _numbers(_MATRIX)
    assert paper.questions == []
    assert numbers["3", "", "Distress", "with Hope", "correlation"] == "-.42"
    assert numbers["3", "", "Age", "with Sleep", "correlation"] == ".18"
    assert numbers["3", "", "Age", "with Sleep", "n"] == "120"
    assert numbers["3", "", "Hope", "with Hope", "alpha"] == ".85"
    assert numbers["3", "", "4. Age", "all", "sd"] == "10.10"
    assert len([key for key in numbers if key[4] == "correlation"]) == 6
    paper, numbers = _numbers(_NAMED)
    assert paper.questions == []
    assert numbers == {
        ("4", "", "Distress", "with Hope", "correlation"): "-.42",
        ("4", "", "Sleep", "with Hope", "correlation"): ".31",
        ("4", "", "Sleep", "with Distress", "correlation"): "-.28",
    }
    # What lies beyond -1 to 1 is no matrix.
    with pytest.raises(
        ResultsError, match="no number is understood; table 4, row 3 'Hope', column 2 'Hope': '1': a: no heading"
    ):
        read_any_table(_NAMED.replace("-.28", "12.8").encode(), "t")


def test_correlations_that_are_impossible_together_are_found_once() -> None:
    assert _findings(_MATRIX) == []
    # arccos .505 - arccos .895 = 59.67 - 26.49 degrees, of which the cosine is .837.
    wrong = _NAMED.replace("-.42", ".95").replace(".31", ".90").replace("-.28", ".50")
    assert _findings(wrong) == ["Distress: correlations_together"]
    table = read_any_table(wrong.encode(), "t").table
    (finding,) = audit_table(table.values)
    assert (
        finding.arithmetic
        == "correlations of .50 and .90 with a third variable leave 0.05544 to 0.837 between these two, not .95"
    )
    assert _findings(wrong.replace(".50", ".72")) == []
    # A little beyond, each may be of other people.
    assert _findings(wrong.replace(".50", ".65")) == []
    assert [
        finding.severity for finding in audit_table(read_any_table(wrong.replace(".50", ".65").encode(), "t").table.values)
    ] == [NOTE]
