"""The released page: what it knows of each number is what SQL says, it needs nobody else, and it opens in a browser."""

import html
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.results import MISSING_REASONS

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(example_run: Any) -> tuple[Any, str, dict[str, Any]]:
    workspace, _ = example_run
    text = (workspace.release / "index.html").read_text(encoding="utf-8")
    match = re.search(r'<script type="application/json" id="numbers">(.*?)</script>', text, re.S)
    assert match is not None
    return workspace, text, json.loads(match[1])


def test_every_number_on_the_page_opens_what_is_known_of_it(page: tuple[Any, str, dict[str, Any]]) -> None:
    workspace, text, page_data = page
    shown_ids = {result_id for ids in re.findall(r'data-results="([^"]+)"', text) for result_id in ids.split()}
    assert len(shown_ids) > 2000
    assert shown_ids <= set(page_data["numbers"])
    assert set(page_data["numbers"]) == set(workspace.values())
    values = workspace.values()
    for result_id, (printed, value, indices, *_) in page_data["numbers"].items():
        assert value == values[result_id], result_id
        assert printed, result_id
        terms = [page_data["texts"][index][0] for index in indices]
        assert terms[:2] == ["What", "Formula"], result_id


@pytest.mark.parametrize(
    "result_id",
    [
        "change/wellbeing/T1-T2/p",
        "change/overall_satisfaction/T1-T3/d_z",
        "summary/pay/T2/mean",
        "summary/wellbeing/T3/sd",
    ],
)
def test_page_and_sql_agree_on_who_is_in_a_number(page: tuple[Any, str, dict[str, Any]], result_id: str) -> None:
    workspace, _, page_data = page
    lines = [tuple(page_data["texts"][index]) for index in page_data["numbers"][result_id][2]]
    with duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True) as connection:
        people = connection.execute(
            "select is_counted, missing_reason from trace(?) where part = 'person'", [result_id]
        ).fetchall()
        rule = connection.execute(
            "select how from trace(?) where part = 'scale' and measure = split_part(?, '/', 2)", [result_id, result_id]
        ).fetchone()
        files = connection.execute(
            "select distinct file_name from trace(?) where part = 'answer' and file_name is not null", [result_id]
        ).fetchall()
    counted_people = sum(is_counted for is_counted, _ in people)
    terms = dict(lines)
    assert terms["People"].startswith(f"{counted_people} of 32 on the roster: ")
    words = re.compile("|".join(MISSING_REASONS))
    left_out = Counter(
        words.sub(lambda match: MISSING_REASONS[match[0]], reason) for is_counted, reason in people if not is_counted
    )
    stated_counts = {}
    for part in terms["Left out"].split("; "):
        count, reason = part.split(" ", 1)
        stated_counts[reason.strip("()")] = int(count)
    assert sum(stated_counts.values()) == 32 - counted_people
    if result_id.startswith("change"):
        assert stated_counts == left_out
    else:
        assert stated_counts == {reason.split(": ")[1]: count for reason, count in left_out.items()}
    assert rule is not None
    assert terms["Score"] == rule[0]
    answers = " ".join(text for term, text in lines if term == "Answers")
    assert all(name in answers for (name,) in files)


def test_the_page_asks_nobody_and_names_nobody(page: tuple[Any, str, dict[str, Any]]) -> None:
    workspace, text, _ = page
    assert not re.findall(
        r'(?:src|href)="(?!#|codebook.html(?:#[a-z_]+)?"|checklists.docx"|tables.(?:docx|xlsx|tex)")[^"]*"', text
    )
    assert "@import" not in text
    assert "fetch(" not in text
    people = workspace.working("select participant_id, respondent from raw.roster")
    assert not [row for row in people if row["respondent"] in text]
    head, people_text = text.split('<script type="application/json" id="people">')
    assert not [row for row in people if row["participant_id"] in head]
    assert all(row["participant_id"] in people_text for row in people)


def _opened(page: Path, profile: Path, anchor: str = "") -> str:
    """The page's document as the browser has it when its scripts have run."""
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={profile}", "--dump-dom", f"{page.resolve().as_uri()}{anchor}",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", timeout=120).stdout


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_a_link_to_a_number_opens_it_in_a_browser(page: tuple[Any, str, dict[str, Any]], tmp_path: Path) -> None:
    workspace, _, _ = page
    document = _opened(workspace.release / "index.html", tmp_path, "#mixed/wellbeing/T1-T2/p")
    dialog = document[document.index("<dialog") :]
    assert re.match(r'<dialog id="number"[^>]* open', dialog)
    assert "<small>mixed/wellbeing/T1-T2/p</small>" in dialog
    assert "<code>wavehouse trace mixed/wellbeing/T1-T2/p</code>" in dialog
    assert re.search(r'<details class="lying" open=""><summary id="table-S2"', re.sub(r">\s+<", "><", document))


#: Opens each number as a click does, opens each person's values, and writes down what a reader then sees.
_READER = """
<pre id="read"></pre><script>
const read = {}, cells = row => [...row.cells].map(cell => cell.textContent);
for (const id of WANTED) {
  tell([id]);
  const fold = body.querySelector("details"), rows = [];
  if (fold) {
    fold.open = true;
    for (const line of [...fold.querySelector("tbody").rows]) {
      const person = { cells: cells(line), isCounted: line.className !== "left-out", answers: [], files: [] };
      for (const button of line.querySelectorAll("button")) {
        button.click();
        for (const one of line.nextElementSibling.querySelectorAll("table > tbody > tr")) if (one.cells.length > 1) person.answers.push([button.dataset.wave, ...cells(one)]);
        person.files.push(line.nextElementSibling.querySelector("p").textContent);
        button.click();
      }
      rows.push(person);
    }
  }
  read[id] = { head: body.querySelector("h3").textContent, rows, columns: fold ? cells(fold.querySelector("thead tr")) : [] };
}
dialog.close();
document.getElementById("read").textContent = JSON.stringify(read);
</script></body>
"""


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_fifty_numbers_of_the_page_lead_to_the_same_people_answers_and_cells_as_sql(
    page: tuple[Any, str, dict[str, Any]], tmp_path: Path
) -> None:
    workspace, text, page_data = page
    ids = sorted(page_data["numbers"])
    by_analysis: dict[str, list[str]] = {}
    for result_id in random.Random(5).sample(ids, len(ids)):
        by_analysis.setdefault(result_id.split("/")[0], []).append(result_id)
    turns = zip_longest(*by_analysis.values())
    result_ids = [result_id for turn in turns for result_id in turn if result_id is not None][:50]
    copy = tmp_path / "index.html"
    copy.write_text(text.replace("</body>", _READER.replace("WANTED", json.dumps(result_ids))), encoding="utf-8")
    document = _opened(copy, tmp_path / "profile")
    traces = json.loads(html.unescape(re.search(r'<pre id="read">(.*?)</pre>', document, re.S)[1]))  # type: ignore[index]
    with duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True) as connection:
        for result_id in result_ids:
            rows = connection.execute("from trace(?)", [result_id]).to_arrow_table().to_pylist()
            _same(rows, traces[result_id], result_id)
    assert sum(len(person["answers"]) for trace in traces.values() for person in trace["rows"]) > 10_000


def _same(traced: list[dict[str, Any]], page_trace: dict[str, Any], result_id: str) -> None:
    """Person by person: who counts, the change, each score with its items, and each answer with its cell."""
    assert page_trace["head"] == f"{traced[0]['text']} {result_id}"
    people = {row["participant_id"]: row for row in traced if row["part"] == "person"}
    counted_people = {person["cells"][0]: person["isCounted"] for person in page_trace["rows"]}
    assert counted_people == {name: row["is_counted"] for name, row in people.items()}, result_id
    scores = {(row["participant_id"], row["wave"], row["measure"]): row for row in traced if row["part"] == "score"}
    answers: dict[str, list[tuple[str, ...]]] = {}
    files: dict[str, set[str]] = {}
    for row in traced:
        if row["part"] == "answer":
            answers.setdefault(row["participant_id"], []).append(_answer(row))
            if row["file_name"]:
                file = f"{row['file_name']} (version {row['version']}, SHA-256 {row['source_file'][:12]}…)"
                files.setdefault(row["participant_id"], set()).add(file)
    for person in page_trace["rows"]:
        name, *cells = person["cells"]
        row = people[name]
        if " minus " in page_trace["columns"][-1]:
            assert cells[-1] == (_plain(row["value"]) if row["is_counted"] else ""), (result_id, name)
        if row["how"]:
            assert cells[-1] == row["how"], (result_id, name)
        for wave, cell in zip(page_trace["columns"][1:], cells, strict=True):
            if (score := scores.get((name, wave, traced[0]["measure"]))) is not None:
                has_value = score["value"] is not None
                assert cell == (f"{_plain(score['value'])} ({score['how']})" if has_value else score["missing_reason"]), (
                    result_id
                )
        assert sorted(map(tuple, person["answers"])) == sorted(answers.get(name, [])), (result_id, name)
        assert all(any(file in file_text for file_text in person["files"]) for file in files.get(name, ())), (
            result_id,
            name,
        )


def _answer(row: dict[str, Any]) -> tuple[str, ...]:
    """A traced answer as the page lays it out: wave, item, answer, what it counts as, row, column."""
    source = (str(row["source_row"]), row["source_column"] or "no column") if row["file_name"] else ("no row", "")
    key = (row["wave"] or "", row["item"] or row["measure"])
    if row["value"] is None and row["text"] is None:
        return (*key, f"no answer: {row['missing_reason']}", "", *source)
    value = row["text"] or _plain(row["value"])
    keyed_text = value if row["keyed"] is None else _plain(row["keyed"])
    if keyed_text != value:
        keyed_text += f" ({row['how'].removeprefix('reversed: ').replace(' - ', ' − ')})"
    return (*key, value, keyed_text, *source)


def _plain(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")
