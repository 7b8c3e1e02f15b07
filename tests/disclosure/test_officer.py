"""The report of the data protection officer: everything hidden, and what may be known of it."""

import csv
from pathlib import Path

from disclosure.made_people import made_patterns, made_people, made_results, made_study

from dagster_project.disclosure import Ledger, public_results, write_officer_report
from dagster_project.study import Disclosure


def test_it_names_every_small_count_with_its_rule_and_an_interval_that_holds_it(tmp_path: Path) -> None:
    study, people = made_study(tmp_path), made_people(200, 6)
    results = made_results(study, people)
    public = public_results(study, results, made_patterns(people), [], b"k", Ledger(1), "r1")
    write_officer_report(tmp_path / "report", Disclosure(), results, public, "r1")
    with (tmp_path / "report" / "disclosure_report.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["number"]: row for row in csv.DictReader(stream)}
    roma = sum(person.ethnicity == "roma" for person in people)
    assert 0 < roma < 10
    row = rows["characteristics/ethnicity/roma/count"]
    assert (row["value"], row["rule"], row["printed"]) == (str(roma), "hidden: of fewer than 10 people", "*")
    unknown = rows["characteristics/ethnicity/n#unknown"]
    assert unknown["value"] == str(sum(person.ethnicity is None for person in people))
    assert unknown["rule"] == "printed nowhere"
    counts = [row for row in rows.values() if row["value"].isdigit() and int(row["value"]) < 10 and row["may_be_to"]]
    assert len(counts) > 50
    for row in counts:
        assert float(row["may_be_from"]) <= int(row["value"]) <= float(row["may_be_to"])
        assert float(row["may_be_to"]) - float(row["may_be_from"]) >= 4
    text = (tmp_path / "report" / "disclosure_report.md").read_text(encoding="utf-8")
    rows_of_people = [row for row in public.rows.values() if row.analysis != "norm"]
    hidden_count = sum(row.printed == "*" for row in rows_of_people)
    assert f"{hidden_count} of {len(rows_of_people)} numbers are hidden" in text
    assert "Not promised: anything against somebody who knows all but a few of the people from elsewhere" in text
    assert (tmp_path / "report").stat().st_mode & 0o077 == 0
