"""A cohort without questionnaires through the whole graph: every number is made again from the answers and some from the files;
undeclared codes are rejected; a trace counts the people of each number; the page speaks of what there is."""

import csv
import statistics
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from measures_study import WAVES, columns_of, without_scores, write_measures_study
from recompute import recompute
from released_tables import released_tables
from released_word import widths_and_rooms

from dagster_project.outcomes.analyses import all_tables
from dagster_project.outcomes.store import read_results
from dagster_project.statistics import AnswerPattern, fit_repeated_answers
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measures_workspace(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    from conftest import run_all

    folder = tmp_path_factory.mktemp("measures")
    workspace = workspace_at(folder, write_measures_study(folder / "made" / "measures_study"))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace


def _cells(workspace: Any, wave: str, column: str) -> dict[str, str]:
    file = next(Path(workspace.release).parent.glob(f"**/raw/{wave}/{wave.lower()}.csv"))
    with file.open(encoding="utf-8", newline="") as opened:
        return {row["Person"]: row[column] for row in csv.DictReader(opened)}


def _numbers(workspace: Any, wave: str, column: str) -> dict[str, float]:
    cells = _cells(workspace, wave, column)
    return {person: float(cell.replace(",", ".")) for person, cell in cells.items() if cell not in ("", "-9", "71,25")}


def test_every_number_is_what_the_answers_give(measures_workspace: Any) -> None:
    report = recompute(measures_workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    assert report.checked > 1100
    assert not [name for name in report.uncovered if name.startswith("categor")]


def test_numbers_of_the_files_come_out_as_they_are(measures_workspace: Any) -> None:
    values = measures_workspace.values()
    for measure, column in (("depression", "BDI"), ("weight", "Kilo")):
        numbers = _numbers(measures_workspace, "T2", column)
        assert values[f"summary/{measure}/T2/n"] == len(numbers)
        assert values[f"summary/{measure}/T2/mean"] == pytest.approx(statistics.mean(numbers.values()), rel=1e-12)
        assert values[f"summary/{measure}/T2/sd"] == pytest.approx(statistics.stdev(numbers.values()), rel=1e-12)
    first, last = (_numbers(measures_workspace, wave, "BDI") for wave in ("T1", "T3"))
    changes = [first[person] - last[person] for person in first.keys() & last.keys()]
    assert values["change/depression/T1-T3/mean_change"] == pytest.approx(statistics.mean(changes), rel=1e-12)
    threshold = 1.96 * (2 * (1 - 0.9)) ** 0.5 * statistics.stdev(first[person] for person in first.keys() & last.keys())
    assert values["reliable_change/depression/T1-T3/threshold"] == pytest.approx(threshold, rel=1e-12)
    assert values["reliable_change/depression/T1-T3/count_improved"] == sum(change > threshold for change in changes)
    homes = _cells(measures_workspace, "T2", "Home")
    assert values["categories/living/partner/T2/count"] == sum(cell in ("2", "3") for cell in homes.values())
    assert values["categories/living/partner/T2/n"] == sum(cell not in ("", "-9") for cell in homes.values())


def test_a_code_that_nobody_declared_is_no_answer_however_well_it_would_fit(measures_workspace: Any) -> None:
    """0 would be no, as it is stored; 4 would be none of three categories, and 71.25 has more decimals than declared."""
    rejected = measures_workspace.working("select wave, item, answer_text from staging.rejected_answers order by item")
    assert [tuple(row.values()) for row in rejected] == [
        ("T1", "in_work", "0"), ("T1", "living", "4"), ("T1", "weight", "71,25"),
    ]  # fmt: skip


def test_a_number_has_no_ends_and_no_reliability_and_without_a_good_end_nobody_improves(measures_workspace: Any) -> None:
    ids = set(measures_workspace.values())
    assert not [name for name in ids if name.startswith("measurement/")]
    assert not [name for name in ids if "/weight/" in name and ("floor" in name or "percent_of_maximum" in name)]
    assert not [name for name in ids if name.startswith("reliable_change/weight")]
    assert "summary/depression/T1/percent_floor" in ids
    # Only the waves that ask have answers; the others are not asked about.
    assert "categories/health/poor/T2/n" not in ids
    assert "category_change/health/T1-T2/n" not in ids


def test_a_trace_counts_the_people_of_each_number_and_shows_their_answers(measures_workspace: Any) -> None:
    numbers = measures_workspace.released(
        """
        select result_id, n from results.results
        where analysis in (
                'categories', 'category_change', 'categories_by_group', 'category_difference'
            )
            and statistic in ('n', 'p', 'percent', 'p_sign', 'chi_square')
            or outcome = 'weight' and statistic = 'mean'
            or analysis in (
                'answer_days', 'growth', 'growth_by_group', 'growth_difference', 'growth_covariate_adjusted',
                'growth_covariate_adjusted_difference'
            )
            and statistic in ('n', 'n_early', 'n_far_off', 'slope', 'difference')
            or analysis in ('glmm', 'glmm_difference') and statistic in ('n', 'p')
        """
    )
    assert len(numbers) > 110
    connection = released_tables(measures_workspace.release / "warehouse.duckdb")
    for row in numbers:
        people = connection.execute(
            "select count(*) filter (is_counted) from trace(?) where part = 'person'", [row["result_id"]]
        ).fetchall()
        assert people[0][0] == row["n"], row["result_id"]
    moves = measures_workspace.released(
        "select distinct text from trace('category_change/health/T1-T3/p') where part = 'person' and is_counted"
    )
    assert {row["text"] for row in moves} <= {f"{first} → {second}" for first in ("poor", "fair", "good") for second in ("poor", "fair", "good")}  # fmt: skip
    answers = measures_workspace.released(
        "select source_column, count(*) as n from trace('summary/weight/T2/mean') where part = 'answer' and is_counted group by all"
    )
    assert [(row["source_column"], row["n"]) for row in answers] == [
        ("Kilo", len(_numbers(measures_workspace, "T2", "Kilo")))
    ]


def _patterns(workspace: Any, column: str, code_of: dict[str, int]) -> list[list[AnswerPattern]]:
    """The people of the town and of the country by what the files say that they answered."""
    cells = {wave: _cells(workspace, wave, column) for wave in WAVES if column in columns_of(wave).values()}
    waves = list(cells)
    groups: list[Counter[tuple[tuple[int, ...], tuple[int, ...]]]] = [Counter(), Counter()]
    for number in range(60):
        texts = [cells[wave].get(f"P{number:03d}", "") for wave in waves]
        answered = tuple(index for index, text in enumerate(texts) if text in code_of)
        if answered:
            groups[number % 2][answered, tuple(code_of[texts[index]] for index in answered)] += 1
    return [[AnswerPattern(*key, n) for key, n in sorted(group.items())] for group in groups]


def test_answers_over_all_waves_are_modelled_from_what_the_files_say(measures_workspace: Any) -> None:
    values = measures_workspace.values()
    for measure, column, code_of, waves, category in (
        ("in_work", "Work", {"2": 0, "1": 1}, ("T1", "T2", "T3"), "yes"),
        ("health", "Health", {"poor": 0, "fair": 1, "good": 2}, ("T1", "T3"), "good"),
    ):
        patterns = _patterns(measures_workspace, column, code_of)
        weights = [[[-float(index == wave) for index in range(len(waves))], [float(index == wave) for index in range(len(waves))]] for wave in range(len(waves))]  # fmt: skip
        model = fit_repeated_answers(patterns, len(waves), len(code_of), weights, baseline="free")
        assert values[f"glmm/{measure}/n"] == sum(model.n_people) > 50
        assert values[f"glmm/{measure}/n_answers"] == model.n_answers
        assert values[f"glmm/{measure}/intercept_variance"] == pytest.approx(model.variance, rel=1e-6, abs=1e-9)
        for index, wave in enumerate(waves):
            assert values[f"glmm_difference/{measure}/country/{wave}/odds_ratio"] == pytest.approx(
                model.contrasts[index].ratio, rel=1e-7
            )
            assert values[f"glmm_difference/{measure}/country/{wave}/p"] == pytest.approx(model.contrasts[index].p, rel=1e-6)
            share = values[f"glmm/{measure}/{category}/country/{wave}/percent"]
            assert share == pytest.approx(100 * model.shares[1][index][-1].share, rel=1e-7)
            of_town = values[f"glmm/{measure}/{category}/town/{wave}/percent"]
            difference = values[f"glmm_difference/{measure}/{category}/country/{wave}/risk_difference"]
            assert difference == pytest.approx(share - of_town, rel=1e-6)
    change = values["glmm_difference/in_work/country/T1-T3/odds_ratio"]
    first, last = (values[f"glmm_difference/in_work/country/{wave}/odds_ratio"] for wave in ("T1", "T3"))
    assert change == pytest.approx(last / first, rel=1e-9)
    # Categories without an order have no model.
    assert not [name for name in values if name.startswith("glmm") and "/living/" in name]
    page = (measures_workspace.release / "index.html").read_text(encoding="utf-8")
    for words in ("Groups compared in their answers over all waves", "cumulative logit models of ordered categories"):
        assert words in page, words


def test_days_are_those_of_the_files(measures_workspace: Any) -> None:
    """Counted anew from the dates in the files: the window's ends, no date, no baseline, a date before the baseline."""
    values = measures_workspace.values()
    dates = {wave: _cells(measures_workspace, wave, "Day") for wave in ("T1", "T2", "T3")}
    assert "answer_days/returns/T1/n_early" not in values
    for wave, earliest, latest in (("T2", 150, 210), ("T3", 330, 400)):
        counts: Counter[str] = Counter()
        for person, day in dates[wave].items():
            baseline = dates["T1"].get(person, "")
            days = (date.fromisoformat(day) - date.fromisoformat(baseline)).days if day and baseline else None
            counts[
                "n_no_date" if not day
                else "n_no_baseline_date" if days is None
                else "n_before_baseline" if days < 0
                else "n_early" if days < earliest
                else "n_late" if days > latest
                else "n_in_window"
            ] += 1  # fmt: skip
        for name in ("n_no_date", "n_no_baseline_date", "n_before_baseline", "n_early", "n_late", "n_in_window"):
            assert values[f"answer_days/returns/{wave}/{name}"] == counts[name], (wave, name)
    assert values["answer_days/returns/T3/n_before_baseline"] == 1
    assert all(values[f"answer_days/returns/T2/{name}"] > 0 for name in ("n_early", "n_late", "n_in_window"))


def test_who_answered_early_is_kept_and_listed_with_the_day_and_the_row(measures_workspace: Any) -> None:
    rows = measures_workspace.released("from trace('answer_days/returns/T2/n_early') where part in ('person', 'return')")
    early = {row["participant_id"] for row in rows if row["part"] == "person" and row["text"] == "early"}
    values = measures_workspace.values()
    assert len(early) == values["answer_days/returns/T2/n_early"]
    returns = {row["participant_id"]: row for row in rows if row["part"] == "return"}
    assert all(returns[person]["text"].startswith("returned on 2024-") for person in early)
    assert all(returns[person]["file_name"] == "t2.csv" and returns[person]["source_row"] > 1 for person in early)
    counted = measures_workspace.released("from trace('growth/depression/slope') where part = 'person' and is_counted")
    assert len({row["participant_id"] for row in counted} & early) > 0
    weights = measures_workspace.released("from trace('growth/weight/slope') where part = 'person' and is_counted")
    reasons = [row["missing_reason"] for row in weights if "before_baseline" in (row["missing_reason"] or "")]
    assert reasons == ["T2: wave_not_returned, T3: before_baseline"]


def test_slopes_have_a_unit_or_a_reason(measures_workspace: Any) -> None:
    """Drinks are asked twice: no line of one's own can be told from error."""
    rows = {
        row["result_id"]: row
        for row in measures_workspace.released("from results.results where starts_with(analysis, 'growth')")
    }
    slope, difference = rows["growth/depression/slope"], rows["growth_difference/depression/country/difference"]
    assert (slope["unit"], slope["role"], difference["compared_with"]) == ("points per month", "exploratory", "town")
    assert -0.7 < slope["value"] < -0.2  # made with a fall of 2.5 in half a year
    by_group = [rows[f"growth_by_group/depression/{group}/slope"]["value"] for group in ("country", "town")]
    assert difference["value"] == pytest.approx(by_group[0] - by_group[1], rel=1e-9)
    figures = measures_workspace.released("from results.figures where name = 'growth'")
    assert "Depression, Town: from" in figures[0]["alt"]
    assert (
        rows["growth_by_group/depression/town/T1/level"]["value"]
        == rows["growth_by_group/depression/town/intercept"]["value"]
    )
    words = "nobody has scores at three times: own slopes of people cannot be told from error"
    assert (rows["growth/drinks/slope"]["value"], rows["growth/drinks/slope"]["note"]) == (None, words)


def test_the_page_names_measures_and_says_how_they_came(measures_workspace: Any) -> None:
    page = (measures_workspace.release / "index.html").read_text(encoding="utf-8")
    for words in (
        "Answers over time", "From one category to another", "Body weight (kg)", "In paid work",
        "Taken as they stand in the exports, without their items", "neither end is good",
        "When waves were answered", "T2: half a year, days 150 to 210", "Linear growth by group, per month",
        "Visit windows were counted in days from a person&#39;s own answer to T1: T2 from day 150 to day 210",
    ):  # fmt: skip
        assert words in page, words
    for words in ("Cronbach", "Use of services", "of a scale&#39;s items"):
        assert words not in page, words


def test_a_wave_that_does_not_ask_a_measure_has_no_cell_of_it(measures_workspace: Any) -> None:
    """Nor has a contrast with such a wave, in any table: T2 does not ask drinks."""
    study = read_study(measures_workspace.study_folder)
    results = read_results(Warehouse(measures_workspace.release / "warehouse.duckdb")).values()
    tables = {table.name: table for table in all_tables(study, list(results))}
    for name, moment, others in (("summary", "T2", {"T1", "T3"}), ("change", "T1-T2", {"T1-T3"})):
        table = tables[name]
        cells = next(row.cells for row in table.rows if row.label == "Drinks (a week)")
        filled = {column.group for column, cell in zip(table.columns, cells, strict=True) if cell.text}
        assert filled == others and moment in {column.group for column in table.columns}, name
    for moment, is_there in (("T1-T2", False), ("T1-T3", True)):
        labels = [row.label for row in tables[f"change_by_group_{moment}"].rows]
        assert ("Drinks (a week)" in labels, "Body weight (kg)" in labels) == (is_there, True)
    ids = {id_ for table in tables.values() for row in table.rows for cell in row.cells for id_ in cell.result_ids}
    assert [id_ for id_ in ids if "/drinks/" in id_ and {"T2", "T1-T2"} & {*id_.split("/")}] == []


def test_every_table_of_the_word_document_fits_its_page(measures_workspace: Any) -> None:
    measured = widths_and_rooms(measures_workspace.release / "tables.docx")
    assert len(measured) > 15
    assert [(width, room) for width, room in measured if width > room] == []


def test_a_study_may_follow_answers_alone(tmp_path: Path, workspace_at: Any) -> None:
    from conftest import run_all

    file = write_measures_study(tmp_path / "made" / "measures_study", size=40) / "study.yaml"
    file.write_text(without_scores(file.read_text(encoding="utf-8")), encoding="utf-8")
    workspace = workspace_at(tmp_path, file.parent)
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    report = recompute(workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    assert {"categories", "category_change"} <= {name.split("/")[0] for name in workspace.values()}
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "Answers over time" in page
    for words in ("Table 3. Outcomes over time", "Change over time</h2>", "paired t test"):
        assert words not in page, words


def _wavehouse(workspace: Any, monkeypatch: Any, capsys: Any, *arguments: str) -> tuple[int, str]:
    from dagster_project.cli import main

    monkeypatch.setenv("WAVEHOUSE_HOME", str(workspace.settings.home))
    monkeypatch.setenv("WAVEHOUSE_PSEUDONYM_KEY", workspace.settings.pseudonym_key)
    code = main([*arguments, "--study", str(workspace.study_folder)])
    output = capsys.readouterr()
    return code, output.out + output.err


def test_who_is_due_is_listed_for_the_team(measures_workspace: Any, monkeypatch: Any, capsys: Any) -> None:
    from dagster_project.fieldwork import read_reminders

    protocol = read_study(measures_workspace.study_folder).protocol
    first_days = {person: cell for person, cell in _cells(measures_workspace, "T1", "Day").items() if cell}
    answered = {wave: set(_cells(measures_workspace, wave, "BDI")) for wave in ("T2", "T3")}
    people = set(_cells(measures_workspace, "T1", "BDI"))
    today = date(2024, 8, 10)
    reminders = read_reminders(Warehouse(measures_workspace.settings.warehouse_file), protocol, today)
    assert {(row.respondent, row.wave) for row in reminders if row.reason == "wave_not_returned"} == {
        (person, wave) for wave in ("T2", "T3") for person in people - answered[wave]
    }
    assert {row.state for row in reminders} == {"due", "late", "not_yet", "no_window"}
    for row in reminders:
        earliest, latest = (150, 210) if row.wave == "T2" else (330, 400)
        if row.respondent not in first_days:
            assert (row.state, row.from_day, row.time_to_answer) == ("no_window", None, None)
            continue
        days = (today - date.fromisoformat(first_days[row.respondent])).days
        state = "not_yet" if days < earliest else "due" if days <= latest else "late"
        assert (row.state, row.time_to_answer) == (state, "of the person"), row
    assert [row.state for row in reminders] == sorted(
        (row.state for row in reminders), key=["due", "late", "not_yet", "no_window"].index
    )
    code, output = _wavehouse(measures_workspace, monkeypatch, capsys, "reminders")
    assert code == 0
    assert "late: the time to answer is over" in output
    assert not any(person in output for person in people)
    folder = measures_workspace.settings.study_home / "lists"
    with (folder / "reminders.csv").open(encoding="utf-8-sig", newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert {row["state"] for row in listed} == {"late", "no_window"}
    assert {path.name for path in folder.iterdir()} == {"index.html", "queries.csv", "queries.jsonl", "reminders.csv"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))


def test_what_is_to_be_asked_of_answers_has_a_state(measures_workspace: Any, monkeypatch: Any, capsys: Any) -> None:
    def listed(*arguments: str) -> str:
        return _wavehouse(measures_workspace, monkeypatch, capsys, "queries", *arguments)[1]

    lines = listed().splitlines()
    (line,) = [line for line in lines if "71,25" in line]
    query = line.split()[0]
    assert line.startswith(
        f"{query} open: t1.csv row 5, column Kilo: '71,25': rejected answer (outside the declared anchors, labels and special"
        " codes) (P"
    )
    assert sum("outside window (day" in line for line in lines) == len(
        measures_workspace.working("from marts.answer_days where visit in ('early', 'late')")
    )
    assert listed("--answer", query, "--text", "71.3 by the scale's print").startswith(
        f"{query} is answered: 71.3 by the scale's print ("
    )
    assert query not in listed()
    assert listed("--state", "answered").startswith(f"{query} answered: t1.csv row 5")
    assert (
        "rejected answer: 2 open, 1 answered, 0 closed"
        in listed("--close", query, "--because", "x")
        + listed("--reopen", query, "--because", "y")
        + listed("--answer", query, "--text", "z")
        + listed()
    )
    page = (measures_workspace.settings.study_home / "lists" / "index.html").read_text(encoding="utf-8")
    assert "z (" in page
    # Nothing of it is released.
    assert not [path for path in measures_workspace.release.rglob("*") if path.name.startswith(("reminders", "queries"))]
    assert _wavehouse(measures_workspace, monkeypatch, capsys, "queries", "--answer", "zz", "--text", "a") == (
        2,
        "wavehouse: no query begins with 'zz'; `wavehouse queries --state all` lists them\n",
    )
