"""The whole answer about a table: what was checked by what, one finding a row, the repair that fits, the page."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from dagster_project.audit import Assumptions, examine_table, html_page, number_checks, read_table, row_findings
from dagster_project.cli import main

_HEADER = "label,timepoint,statistic,printed"


def _file(folder: Path, *rows: str) -> Path:
    file = folder / "table.csv"
    file.write_text("\n".join((_HEADER, *rows)), encoding="utf-8")
    return file


_TOTALS = (
    "Age,Women,n,40", "Age,Women,mean,50.0", "Age,Men,n,60", "Age,Men,mean,60.0", "Age,Total,n,100", "Age,Total,mean,65.0",
)  # fmt: skip


def test_the_repair_that_fits_ends_the_finding(tmp_path: Path, capsys: Any) -> None:
    assert main(["audit", str(_file(tmp_path, *_TOTALS))]) == 1
    out = capsys.readouterr().out
    assert "56.0 for mean 65.0 (two digits swapped) would fit [total_of_groups, slack 8.9]" in out
    assert out.endswith("checked: 6 of 6 numbers, by 1 rule\n")


def test_a_row_with_several_findings_has_one_line(tmp_path: Path, capsys: Any) -> None:
    rows = ("S,T1-T2,n,20", "S,T1-T2,change,2.00", "S,T1-T2,sd_change,4.00", "S,T1-T2,t,9.90", "S,T1-T2,p,.500")
    assert main(["audit", str(_file(tmp_path, *rows)), "--design", "paired"]) == 1
    findings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  line ")]
    assert len(findings) == 1
    assert "; also " in findings[0]


def test_a_number_that_no_rule_checked_says_why(tmp_path: Path, capsys: Any) -> None:
    rows = ("A,T1,n,40", "A,T1,mean,5.0", "A,T1,kurtosis,1.0", "A,T1,sd,2.0", "B,T1,mean,5.0")
    assert main(["audit", str(_file(tmp_path, *rows)), "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "checked: 0 of 5 numbers, by 0 rules" in lines
    assert "  not checked: 1 kurtosis: no rule knows the statistic 'kurtosis'" in lines
    assert (
        "  not checked: 1 mean: GRIM: the number of items is not given; and no range, interval or change stands beside it"
        in lines
    )
    assert "  not checked: 1 mean: n is not printed beside it" in lines


def test_json_holds_findings_and_every_number(tmp_path: Path, capsys: Any) -> None:
    assert main(["audit", str(_file(tmp_path, *_TOTALS)), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["numbers"], answer["checked"]) == (6, 6)
    (finding,) = answer["findings"]
    assert (finding["line"], finding["rule"], finding["repair"]) == (
        7, "total_of_groups", "56.0 for mean 65.0 (two digits swapped) would fit",
    )  # fmt: skip
    assert [cell["printed"] for cell in answer["cells"]] == ["40", "50.0", "60", "60.0", "100", "65.0"]
    assert all(cell["rules"] == ["total_of_groups"] for cell in answer["cells"])


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.marks: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "details":
            self.marks.append(attributes["class"] or "")
        self.fetched += [value for name in ("src", "href") if (value := attributes.get(name))]


def test_the_page_marks_each_number_and_fetches_nothing(tmp_path: Path, capsys: Any) -> None:
    page = tmp_path / "page.html"
    rows = (*_TOTALS, "<b>Height</b>,Women,kurtosis,1.0")
    assert main(["audit", str(_file(tmp_path, *rows)), "--html", str(page)]) == 1
    text = page.read_text(encoding="utf-8")
    parser = _Page()
    parser.feed(text)
    assert parser.fetched == []
    assert sorted(parser.marks) == ["checked"] * 5 + ["not-reproducible", "unchecked"]
    assert "&lt;b&gt;Height" in text and "<b>Height" not in text
    assert "(40 x 50.0 + 60 x 60.0) / 100 = 55.95 to 56.05, not 65.0" in text


def test_a_clean_table_says_so_on_its_page() -> None:
    table = read_table("t.csv", "\n".join((_HEADER, *_TOTALS[:-1], "Age,Total,mean,56.0")))
    examined = examine_table(table.values)
    rows = row_findings(examined.findings, table.values, {}, Assumptions())
    assert "No finding above a note." in html_page("t.csv", number_checks(table.values, examined, {}), rows, "summary")
