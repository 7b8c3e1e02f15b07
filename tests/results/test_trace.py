"""From a result back to the cells of the exports, and from the cells to the result again."""

import csv
import random
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyreadstat
import pytest
from released_page import numbers_by_id, read_page_data
from released_tables import released_tables
from scipy import stats

from dagster_project.cli import main
from dagster_project.results import (
    ItemSource,
    Query,
    ScaleItem,
    person_lines,
    statistic_of,
    trace_lines,
    trace_sql,
    unknown_id_message,
)
from dagster_project.warehouse import Connection, rows_as

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def connection(example_run: Any) -> Connection:
    workspace, _ = example_run
    return duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True)


@pytest.fixture(scope="module")
def released(connection: Connection) -> Callable[..., Rows]:
    def ask(sql: str, *parameters: Any) -> Rows:
        cursor = connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    return ask


@pytest.fixture(scope="module")
def released_rows(connection: Connection) -> Query:
    return partial(rows_as, connection)


def _lines_of_rows(rows: Rows, shown: int) -> list[str]:
    """What the terminal must say, from all rows of a trace in memory: the SQL that groups and filters them has its oracle here."""
    (result,) = (row for row in rows if row["part"] == "result")
    people = [row for row in rows if row["part"] == "person"]
    counted = [row for row in people if row["is_counted"]]
    left_out = [row for row in people if not row["is_counted"]]
    lines = [f"{result['result_id']}: {result['text']}"]
    lines += [] if result["value"] is None else [f"  exactly    {result['value']!r}"]
    lines += [f"  note       {result['missing_reason']}"] if result["missing_reason"] else []
    lines += [f"  method     {result['how']}", f"  formula    {result['formula']}", f"  of         {result['people']}"]
    lines += [f"  made of    {row['result_id']}: {row['text']}" for row in rows if row["part"] == "made of"]
    lines += [f"  score      {row['measure']}: {row['how']}" for row in rows if row["part"] == "scale"]
    lines.append(f"  people     {len(counted)} of {len(people)} on the roster")
    reasons = Counter(row["missing_reason"] or "no reason" for row in left_out)
    lines += [f"  left out   {count}: {reason}" for reason, count in reasons.most_common()]
    cells = Counter(
        (row["wave"] or "", row["file_name"], row["version"], row["source_file"])
        for row in rows
        if row["part"] == "answer" and row["file_name"] and row["is_counted"]
    )
    lines += [
        f"  answers    {count} cells of {name} ({wave or 'roster'}), version {version}, SHA-256 {sha256[:12]}…"
        for (wave, name, version, sha256), count in sorted(cells.items())
    ]
    for row in counted[:shown]:
        own = row["text"] or ("" if row["value"] is None else f"{row['value']:g}")
        words = [
            f"{score['wave']} {score['missing_reason']}"
            if score["value"] is None
            else f"{score['wave']} {score['value']:g} from {score['how']}"
            for score in rows
            if score["part"] == "score"
            and score["measure"] == result["measure"]
            and score["participant_id"] == row["participant_id"]
        ]
        words += [row["how"]] if row["how"] else []
        lines.append(f"  {row['participant_id']:<18} {own:>10}  {'  '.join(words)}".rstrip())
    lines += [f"  … and {len(counted) - shown} more; --csv writes all"] if len(counted) > shown else []
    for row in left_out[:shown]:
        lines.append(f"  {row['participant_id']:<18} {'left out':>10}  {row['missing_reason'] or ''}".rstrip())
    return lines + ([f"  … and {len(left_out) - shown} more left out; --csv writes all"] if len(left_out) > shown else [])


def test_every_statistic_has_a_formula_and_says_who_counts(released: Callable[..., Rows]) -> None:
    for row in released("select distinct analysis, statistic from results.results"):
        assert statistic_of(row["analysis"], row["statistic"]).formula, row


def test_an_important_change_is_not_told_the_formula_of_a_reliable_one(released: Callable[..., Rows]) -> None:
    for name in ("count_improved", "count_important_improved"):
        (row,) = released("from trace(?) where part = 'result'", f"reliable_change/wellbeing/T1-T2/{name}")
        assert row["formula"] == statistic_of("reliable_change", name).formula
        assert ("minimal important change" in row["formula"]) == ("important" in name)


def test_the_people_of_a_trace_are_the_n_of_its_result(released: Callable[..., Rows]) -> None:
    """One result of each kind that differs in who counts, of a scale, a composite, a variable and a service."""
    chosen = released(
        "select r.result_id, r.n, e.people from results.results r join codebook.estimands e on e.analysis = r.analysis"
        " and e.statistic = r.statistic"
        " where e.people not in ('nobody', 'listed')"
        " qualify row_number() over (partition by r.analysis, e.people, r.outcome = 'overall_satisfaction', r.category is null"
        " order by hash(r.result_id)) = 1"
    )
    assert len(chosen) >= 30
    for row in chosen:
        traced = released("from trace(?)", row["result_id"])
        people = [one for one in traced if one["part"] == "person"]
        counted = [one for one in people if one["is_counted"]]
        assert len(people) == 32
        assert len(counted) == row["n"], row
        assert all(one["missing_reason"] for one in people if not one["is_counted"]), row
        assert [one["part"] for one in traced].count("result") == 1


def _scores(traced: Rows, released: Callable[..., Rows]) -> dict[tuple[str, str], dict[str, float]]:
    """(person, wave) to scale to score, from the answers of the trace and the rule of each scale alone."""
    rules = {row["scale"]: row for row in released("select * from codebook.scales")}
    converted = {
        (row["scale"], row["raw_sum"]): row["score"] for row in released("select * from codebook.scale_conversions")
    }
    answers: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in traced:
        if row["part"] == "answer" and row["is_counted"] and row["keyed"] is not None:
            answers[row["participant_id"], row["wave"]][row["measure"]].append(row["keyed"])
    found: dict[tuple[str, str], dict[str, float]] = {}
    for cell_key, of in answers.items():
        scored = {}
        for scale, values in of.items():
            rule = rules[scale]
            if len(values) >= rule["minimum_answered"]:
                mean = sum(values) / len(values)
                scored[scale] = mean * rule["items_total"] if rule["aggregate"] == "sum" else mean
                scored[scale] = converted.get((scale, sum(values)), scored[scale])
        whole = next((row["measure"] for row in traced if row["part"] == "result"), "")
        if rules[whole]["aggregate"] == "mean_of_scales" and len(scored) >= rules[whole]["minimum_answered"]:
            scored[whole] = sum(scored.values()) / len(scored)
        found[cell_key] = scored
    return found


def _of_scores(result: dict[str, Any], traced: Rows, released: Callable[..., Rows]) -> dict[str, float]:
    scores = _scores(traced, released)
    scale, contrast = result["outcome"], result["contrast"]
    if result["analysis"] == "summary":
        x = [of[scale] for of in scores.values() if scale in of]
        found = {"n": len(x), "mean": statistics.fmean(x), "sd": statistics.stdev(x), "min": min(x), "max": max(x)}
        return found | {"median": statistics.median(x), "se": found["sd"] / len(x) ** 0.5}
    before, after = contrast.split("-")
    pairs = [
        (of[scale], scores[person, after][scale]) for (person, wave), of in scores.items() if wave == before and scale in of
    ]
    one, two = zip(*pairs, strict=True)
    x = [a - b for a, b in pairs]
    n, mean, sd = len(x), statistics.fmean(x), statistics.stdev(x)
    t = mean / (sd / n**0.5)
    half = stats.t.ppf(0.975, n - 1) * sd / n**0.5
    return {
        "n": n, "mean_change": mean, "sd_change": sd, "t": t, "df": n - 1, "p": 2 * stats.t.sf(abs(t), n - 1),
        "ci95_low": mean - half, "ci95_high": mean + half, "d_z": mean / sd, "d_baseline": mean / statistics.stdev(one),
        "d_av": mean / ((statistics.variance(one) + statistics.variance(two)) / 2) ** 0.5,
        "mean_baseline": statistics.fmean(one), "sd_followup": statistics.stdev(two), "correlation": statistics.correlation(one, two),
        "wilcoxon_p": stats.wilcoxon(x, zero_method="wilcox", method="approx").pvalue,
    }  # fmt: skip


def test_fifty_results_are_computed_again_from_their_traced_answers(example_run: Any, released: Callable[..., Rows]) -> None:
    """Drawn by lot among what a few lines can recompute; and SQL, terminal and page say the same of each. The terminal asks a
    copy of the file whose views are tables, SQL the file itself."""
    of_tables = partial(rows_as, released_tables(example_run[0].release / "warehouse.duckdb"))
    page = (example_run[0].release / "index.html").read_text(encoding="utf-8")
    page_numbers = numbers_by_id(read_page_data(page))
    shown = 0
    known = (
        "n",
        "mean",
        "sd",
        "min",
        "max",
        "median",
        "se",
        "mean_change",
        "sd_change",
        "t",
        "df",
        "p",
        "ci95_low",
        "ci95_high",
    )
    known += ("d_z", "d_baseline", "d_av", "mean_baseline", "sd_followup", "correlation", "percent")
    pool = released(
        "select * from results.results where analysis in ('summary', 'change', 'characteristics', 'service_use', 'attrition')"
        f" and statistic in {known} and value is not null and not (analysis = 'summary' and statistic like 'ci95%')"
        " and not (analysis not in ('summary', 'change') and statistic <> 'percent') order by result_id"
    )
    chosen = random.Random(20221124).sample(pool, 50)
    assert len({row["analysis"] for row in chosen}) >= 4
    for result in chosen:
        traced = released("from trace(?)", result["result_id"])
        if result["analysis"] in ("summary", "change"):
            ours = _of_scores(result, traced, released)[result["statistic"]]
        else:
            answers = [row for row in traced if row["part"] == "answer" and row["is_counted"]]
            if result["analysis"] == "characteristics":
                hits = [row["text"] == result["category"] for row in answers]
            elif result["analysis"] == "service_use":
                hits = [row["value"] == 1 for row in answers]
            else:
                scored = _scores(traced, released)
                people = {row["participant_id"] for row in traced if row["part"] == "person"}
                hits = [result["outcome"] in scored.get((person, result["wave"]), {}) for person in sorted(people)]
            ours = 100 * sum(hits) / len(hits)
        assert ours == pytest.approx(result["value"], rel=1e-9, abs=1e-12), result["result_id"]
        counted = [row["is_counted"] for row in traced if row["part"] == "person"]
        if counted:
            said = f"{sum(counted)} of {len(counted)} on the roster"
            lines = trace_lines(of_tables, result["result_id"], {}, 5)
            assert f"  people     {said}" in lines
            assert lines == _lines_of_rows(traced, 5)
        if (number := page_numbers.get(result["result_id"])) is not None:
            assert (number.printed, number.value) == (result["printed"], result["value"])
            terms = dict(number.lines)
            assert (terms["What"], terms["Formula"]) == (traced[0]["how"], traced[0]["formula"])
            assert not counted or terms["People"].startswith(said)
            shown += 1
    assert shown >= 25


def test_an_answer_stands_in_the_cell_that_the_trace_names(example_run: Any, released: Callable[..., Rows]) -> None:
    """Cells looked up in the raw exports themselves: a CSV of labels, a Qualtrics file with three header rows, an SPSS file."""
    workspace, _ = example_run
    raw = workspace.study_folder / "raw"
    t1 = (raw / "T1/peer_workers_t1.csv").read_text(encoding="cp1252").splitlines()
    t2 = (raw / "T2/peer_workers_t2.csv").read_text(encoding="utf-8-sig").splitlines()
    t3, _ = pyreadstat.read_sav(str(raw / "T3/peer_workers_t3.sav"), user_missing=True)
    texts = {
        (row["wave"], row["item"], row["answer_text"]): row["code"]
        for row in released("select * from codebook.answer_texts where code is not null")
    }
    looked = 0
    for result_id in ("change/wellbeing/T1-T2/p", "change/workload/T1-T3/p"):
        for row in released("from trace(?)", result_id):
            if row["part"] != "answer" or row["value"] is None:
                continue
            if row["wave"] == "T3":
                cell = t3[row["source_column"]].iloc[row["source_row"] - 1]
            else:
                lines = t1 if row["wave"] == "T1" else t2
                header, record = next(csv.reader(lines)), next(csv.reader(lines[row["source_row"] - 1 :]))
                cell = record[header.index(row["source_column"])]
            code = texts.get((row["wave"], row["item"], cell)) if isinstance(cell, str) else None
            assert (float(cell) if code is None else code) == row["value"], (result_id, row)
            looked += 1
    assert looked > 800


def test_the_terminal_says_what_the_sql_says(example_run: Any, released: Callable[..., Rows], released_rows: Query) -> None:
    workspace, _ = example_run
    environment = {"WAVEHOUSE_STUDY": str(workspace.study_folder), "WAVEHOUSE_HOME": str(workspace.settings.home)}
    command = [sys.executable, "-m", "dagster_project.cli", "trace"]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words],
            env={"PATH": "", **environment},
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )

    rows = released("from trace('change/wellbeing/T1-T2/p')")
    done = run("change/wellbeing/T1-T2/p")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == trace_lines(released_rows, "change/wellbeing/T1-T2/p", {})
    assert done.stdout.splitlines() == _lines_of_rows(rows, 40)
    assert "  people     20 of 32 on the roster" in done.stdout
    assert "  left out   12: T2: wave_not_returned" in done.stdout
    written = run("change/wellbeing/T1-T2/p", "--csv")
    assert len(list(csv.DictReader(written.stdout.splitlines()))) == len(rows)
    person = next(row["participant_id"] for row in rows if row["part"] == "person" and row["is_counted"])
    roster = {row["participant_id"]: row["respondent"] for row in workspace.working("select * from raw.roster")}
    named = run("change/wellbeing/T1-T2/p", "--names", "--person", roster[person])
    assert named.stdout.splitlines()[-30:] == person_lines(released_rows, "change/wellbeing/T1-T2/p", person)
    assert roster[person] in named.stdout
    assert roster[person] not in done.stdout
    alone = run("change/wellbeing/T1-T2/p", "--csv", "--person", person)
    assert list(csv.DictReader(alone.stdout.splitlines())) == [
        row for row in csv.DictReader(written.stdout.splitlines()) if row["participant_id"] == person
    ]
    assert released("from trace_of('change/wellbeing/T1-T2/p', ?)", person) == [
        row for row in rows if row["participant_id"] == person
    ]
    unknown = run("change/welbeing/T1-T2/p")
    assert unknown.returncode == 2
    assert "there is no such result; do you mean change/wellbeing/T1-T2/p" in unknown.stderr


def test_cells_are_counted_as_they_are_traced(example_run: Any, released: Callable[..., Rows]) -> None:
    """A result or two of each analysis. The terminal looks at one item of each file; here is every cell, in memory."""
    workspace, _ = example_run
    tables = released_tables(workspace.release / "warehouse.duckdb")
    chosen = released(
        "select result_id from results.results"
        " qualify row_number() over (partition by analysis, outcome = 'overall_satisfaction' order by hash(result_id)) = 1"
    )
    counted = 0
    for result_id in sorted(row["result_id"] for row in chosen):
        cells = dict(
            tables.execute(
                "select (coalesce(wave, 'roster'), file_name, version)::varchar, count(*) from trace(?)"
                " where part = 'answer' and is_counted and file_name is not null group by 1",
                [result_id],
            ).fetchall()
        )
        lines = [line for line in trace_lines(partial(rows_as, tables), result_id, {}) if line.startswith("  answers ")]
        assert len(lines) == len(cells), result_id
        assert sorted(int(line.split()[1]) for line in lines) == sorted(cells.values()), result_id
        counted += len(cells)
    assert counted > 40


def test_of_items_of_several_files_one_of_each_is_looked_at() -> None:
    """Two items of the first part of a wave, one that stands in the second part of one wave, and a scale of all."""
    items = [ScaleItem("scale", item) for item in ("a_1", "a_2", "b_1")]
    connection = duckdb.connect()
    for statement in trace_sql([], items, sources=[ItemSource("b_1", "T2", 2)]).split(";\n"):
        if "alike_of" in statement.split("(")[0] or "samples_of" in statement.split("(")[0]:
            connection.execute(statement)
    asked = "select samples_of('scale'), samples_of('a_2'), samples_of('b_1'), alike_of('a_2'), alike_of('other')"
    assert connection.execute(asked).fetchone() == (["a_1", "b_1"], ["a_1"], ["b_1"], "a_1", "other")


def test_a_trace_says_what_a_number_is_made_of_beside_answers(released: Callable[..., Rows]) -> None:
    """A norm, the tests of a family, the methods that are counted; and where it stands that somebody returned."""

    def made_of(one: str) -> list[str]:
        return [row["result_id"] for row in released("from trace(?) where part = 'made of'", one)]

    assert sorted(made_of("norm_difference/wellbeing/T1/difference_sd")) == [
        "norm/wellbeing/norm_mean", "norm/wellbeing/norm_sd", "norm/wemwbs/n",
    ]  # fmt: skip
    family = made_of("change/wellbeing/T1-T2/p_holm")
    assert len(family) == 40 and all(one.endswith("/p") for one in family)
    assert {one.split("/")[0] for one in made_of("stability/wellbeing/T1-T2/n_agreeing")} == {
        "change",
        "mixed",
        "imputation",
    }
    assert made_of("change/wellbeing/T1-T2/p") == []
    returns = released("from trace('flow/returns/T2/n') where part = 'return'")
    assert len(returns) == 32
    assert sum(row["text"] == "returned" and row["source_row"] is not None for row in returns) == 20
    people = released("from trace('flow/returns/T2/n') where part = 'person'")
    assert sum(row["how"] == "returned T2" for row in people) == 20
    pattern = released("from trace('missingness/team_effectiveness/T1_T2/count') where part = 'score'")
    scored: dict[str, set[str]] = defaultdict(set)
    for row in pattern:
        if row["value"] is not None:
            scored[row["participant_id"]].add(row["wave"])
    (result,) = released("from results.results where result_id = 'missingness/team_effectiveness/T1_T2/count'")
    assert sum(waves == {"T1", "T2"} for waves in scored.values()) == result["value"]
    left_out = released(
        "from trace('measurement/coordination/itpps_23/T3/item_rest') where part = 'person' and not is_counted"
    )
    assert {row["missing_reason"] for row in left_out} == {"T3: not all items answered", "T3: wave_not_returned"}
    (comment,) = released("select comment from duckdb_functions() where function_name = 'trace'")
    assert "source_column: The column in it." in comment["comment"]


def test_an_id_like_no_other_is_told_where_ids_are_listed() -> None:
    ids = ["change/wellbeing/T1-T2/n", "change/wellbeing/T1-T2/mean_change", "change/wellbeing/T1-T2/p"]
    assert unknown_id_message("change/wellbeing/T1-T2/mean", ids) == (
        "change/wellbeing/T1-T2/mean: there is no such result; do you mean change/wellbeing/T1-T2/mean_change?"
    )
    assert unknown_id_message("x", ["change/wellbeing/T1-T2/p"]) == (
        "x: there is no such result; `select result_id from results.results` lists them"
    )


def test_a_release_of_an_earlier_version_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "study/release/warehouse.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create macro trace(id) as table select id as result_id")
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(tmp_path / "study"))
    assert main(["trace", "change/x/T1-T2/p"]) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {file}: an earlier version of Wavehouse made this release; `wavehouse run` rebuilds it\n"
    )
