"""The released page: what it knows of each number is what SQL says, it needs no other file, and it opens in a browser."""

import html
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import duckdb
import pytest
from page_scripts import NODE, SCRIPTS, run_scripts
from released_page import PageNumber, numbers_by_id, read_page_data

from dagster_project.report.page_data import PageData
from dagster_project.results import MISSING_REASON_HEADINGS

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Page:
    workspace: Any
    text: str
    data: PageData
    numbers: dict[str, PageNumber]


@pytest.fixture(scope="module")
def page(example_run: Any) -> Page:
    workspace, _ = example_run
    text = (workspace.release / "index.html").read_text(encoding="utf-8")
    data = read_page_data(text)
    return Page(workspace, text, data, numbers_by_id(data))


def test_every_number_on_the_page_opens_what_is_known_of_it(page: Page) -> None:
    shown_ids = {result_id for ids in re.findall(r'data-results="([^"]+)"', page.text) for result_id in ids.split()}
    assert len(shown_ids) > 2000
    assert shown_ids <= set(page.numbers)
    values = page.workspace.values()
    assert set(page.numbers) == set(values)
    for result_id, number in page.numbers.items():
        assert number.value == values[result_id], result_id
        assert number.printed, result_id
        assert [term for term, _ in number.lines][:2] == ["What", "Formula"], result_id


def misfits(value: Any, shape: Any, path: str = "data") -> list[str]:
    """Where JSON is not of the shape that a type describes."""
    origin, arguments = get_origin(shape), get_args(shape)
    if is_typeddict(shape):
        hints = get_type_hints(shape, include_extras=True)
        optional = {name for name, hint in hints.items() if get_origin(hint) is NotRequired}
        if not isinstance(value, dict) or not hints.keys() - optional <= value.keys() <= hints.keys():
            return [f"{path}: keys"]
        return [misfit for name, part in value.items() for misfit in misfits(part, hints[name], f"{path}.{name}")]
    if origin is NotRequired:
        return misfits(value, arguments[0], path)
    if origin is UnionType:
        return [] if any(not misfits(value, option, path) for option in arguments) else [f"{path}: {value!r}"]
    if origin is list and isinstance(value, list):
        return [misfit for index, part in enumerate(value) for misfit in misfits(part, arguments[0], f"{path}[{index}]")]
    if origin is dict and isinstance(value, dict):
        return [misfit for key, part in value.items() for misfit in misfits(part, arguments[1], f"{path}.{key}")]
    allowed_types = {float: (int, float), None: NoneType}.get(shape, shape)
    is_right = origin is None and isinstance(value, allowed_types) and not isinstance(value, bool)
    return [] if is_right else [f"{path}: {value!r}"]


def test_the_data_of_the_page_have_their_documented_shape(page: Page) -> None:
    data, people = page.data, page.data["people"]
    assert people is not None
    assert misfits(data, PageData) == []
    assert misfits({**data, "people": None}, PageData) == []
    assert misfits({**data, "lines": {"terms": [1], "texts": []}}, PageData) == ["data.lines.terms[0]: 1"]
    assert misfits({**data, "names": []}, PageData) == ["data: keys"]
    number_count, person_count = len(page.numbers), len(people["participant_ids"])
    assert {len(column) for column in data["numbers"].values()} == {number_count}  # type: ignore[arg-type]
    assert {index for indexes in data["numbers"]["line_indexes"] for index in indexes} == set(
        range(len(data["lines"]["terms"]))
    )
    assert set(data["numbers"]["scope_indexes"]) == {None, *range(len(people["scopes"]))}
    assert {len(flags) for flags in people["counted_flags"]} == {person_count}
    assert {entry["flags_index"] for entry in people["counted_people"].values()} == set(range(len(people["counted_flags"])))
    for source_rows in people["source_rows"]:
        assert len(source_rows["file_indexes"]) == len(source_rows["row_numbers"]) == person_count
        assert set(source_rows["file_indexes"]) <= {None, *range(len(people["files"]))}
    row_indexes = set()
    for measures in (people["scores"], people["services"], people["items"], people["facts"]):
        for column in (column for waves in measures.values() for column in waves.values()):
            assert len(column["values"]) == person_count
            missing = {str(index) for index, value in enumerate(column["values"]) if value is None}
            assert column["missing_reasons"].keys() == missing
            assert set(column["missing_reasons"].values()) <= set(range(len(people["reasons"])))
            row_indexes.add(column.get("source_rows_index"))
    assert row_indexes == {None, *range(len(people["source_rows"]))}


@pytest.mark.parametrize(
    "result_id",
    [
        "change/wellbeing/T1-T2/p",
        "change/overall_satisfaction/T1-T3/d_z",
        "summary/pay/T2/mean",
        "summary/wellbeing/T3/sd",
    ],
)
def test_page_and_sql_agree_on_who_is_in_a_number(page: Page, result_id: str) -> None:
    lines = page.numbers[result_id].lines
    with duckdb.connect(str(page.workspace.release / "warehouse.duckdb"), read_only=True) as connection:
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
    reason_codes = re.compile("|".join(MISSING_REASON_HEADINGS))
    left_out = Counter(
        reason_codes.sub(lambda match: MISSING_REASON_HEADINGS[match[0]], reason)
        for is_counted, reason in people
        if not is_counted
    )
    reason_counts = {}
    for part in terms["Left out"].split("; "):
        count, reason = part.split(" ", 1)
        reason_counts[reason.strip("()")] = int(count)
    assert sum(reason_counts.values()) == 32 - counted_people
    if result_id.startswith("change"):
        assert reason_counts == left_out
    else:
        assert reason_counts == {reason.split(": ")[1]: count for reason, count in left_out.items()}
    assert rule is not None
    assert terms["Score"] == rule[0]
    answers = " ".join(text for term, text in lines if term == "Answers")
    assert all(name in answers for (name,) in files)


def test_the_page_asks_nobody_and_names_nobody(page: Page) -> None:
    assert not re.findall(
        r'(?:src|href)="(?!#|codebook.(?:html(?:#[a-z_]+)?|docx|pdf)"|checklists.docx"|tables.(?:docx|xlsx|tex)")[^"]*"',
        page.text,
    )
    assert "@import" not in page.text
    assert "fetch(" not in page.text
    roster = page.workspace.working("select participant_id, respondent from raw.roster")
    assert not [row for row in roster if row["respondent"] in page.text]
    # Pseudonyms stand in the data of single people, which the page of a large study lacks.
    elsewhere = page.text.replace(re.search(r'"participant_ids":\[[^]]*\]', page.text)[0], "")  # type: ignore[index]
    assert not [row for row in roster if row["participant_id"] in elsewhere]
    assert page.data["people"] is not None
    assert sorted(row["participant_id"] for row in roster) == page.data["people"]["participant_ids"]


def dom_of(page: Path, profile: Path, anchor: str = "", width: int = 1300) -> str:
    """The page's document as the browser has it when its scripts have run. width: of the window, in pixels."""
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={profile}", f"--window-size={width},800", "--dump-dom", f"{page.resolve().as_uri()}{anchor}",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", timeout=120).stdout


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_a_link_to_a_number_opens_it_in_a_browser(page: Page, tmp_path: Path) -> None:
    document = dom_of(page.workspace.release / "index.html", tmp_path, "#mixed/wellbeing/T1-T2/p")
    dialog = document[document.index("<dialog") :]
    assert re.match(r'<dialog id="number"[^>]* open', dialog)
    assert "<small>mixed/wellbeing/T1-T2/p</small>" in dialog
    assert "<code>wavehouse trace mixed/wellbeing/T1-T2/p</code>" in dialog
    assert re.search(r'<details class="landscape" open=""><summary id="table-S2"', re.sub(r">\s+<", "><", document))


#: Scrolls down, and the widest table sideways.
_SCROLLER = """
<pre id="positions"></pre><script>
window.scrollTo(0, 3000);
const scrollers = [...document.querySelectorAll("main .scroll")].filter(candidate => candidate.querySelector(".results"));
const scroller = scrollers.reduce((widest, candidate) => candidate.scrollWidth > widest.scrollWidth ? candidate : widest);
scroller.scrollLeft = 60;
const labelLeft = scroller.querySelector("tbody th[scope=row]").getBoundingClientRect().left - scroller.getBoundingClientRect().left;
document.getElementById("positions").textContent = JSON.stringify({
  scrolled: scroller.scrollLeft,
  labelLeft,
  contentsTop: document.querySelector("nav").getBoundingClientRect().top,
  contentsAreOpen: document.querySelector("nav details").open,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
});
</script></body>
"""


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize("width", [1300, 500])
def test_contents_and_row_labels_stay_in_view(page: Page, tmp_path: Path, width: int) -> None:
    copy = tmp_path / "index.html"
    copy.write_text(page.text.replace("</body>", _SCROLLER), encoding="utf-8")
    match = re.search(r'<pre id="positions">(.*?)</pre>', dom_of(copy, tmp_path / "profile", width=width), re.S)
    positions = json.loads(match[1])  # type: ignore[index]
    assert (positions["scrolled"], positions["labelLeft"], positions["overflow"]) == (60, 0, 0)
    # Beside the page on a wide window; above it, and folded, on a narrow one.
    assert positions["contentsAreOpen"] == (width == 1300)
    assert (positions["contentsTop"] == 0) == (width == 1300)


def test_the_page_opens_with_its_main_results(page: Page) -> None:
    order = re.findall(r'<h2 id="([^"]+)"', page.text)
    assert order == [
        "main-results", "table-1", "table-2", "table-3", "table-4", "figures", "joint", "flow", "methods", "further", "comparison",
        "audit", "checklists", "changes", "cite", "number-title",
    ]  # fmt: skip
    assert '<h2 id="joint">Table 5. Joint display</h2>' in page.text
    main = page.text[page.text.index('id="main-results"') : page.text.index('id="table-1"')]
    shown_ids = {result_id for ids in re.findall(r'data-results="([^"]+)"', main) for result_id in ids.split()}
    assert {"change/wellbeing/T1-T2/p_holm", "norm_difference/pay/T3/difference_sd"} <= shown_ids <= set(page.numbers)
    assert "No outcome is planned as primary; these are the secondary ones." in main


#: Opens each number as a click does, opens each person's values, and collects what a reader then sees.
_BROWSER_READER = """
<pre id="readings"></pre><script>
const readings = {}, cellTexts = row => [...row.cells].map(cell => cell.textContent);
for (const resultId of RESULT_IDS) {
  openNumbers([resultId]);
  const fold = dialogBody.querySelector("details"), rows = [];
  if (fold) {
    fold.open = true;
    for (const row of [...fold.querySelector("tbody").rows]) {
      const person = { cells: cellTexts(row), isCounted: row.className !== "left-out", answers: [], summaries: [] };
      for (const button of row.querySelectorAll("button")) {
        button.click();
        const answers = row.nextElementSibling;
        for (const answerRow of answers.querySelectorAll("table > tbody > tr")) if (answerRow.cells.length > 1) person.answers.push([button.dataset.wave, ...cellTexts(answerRow)]);
        person.summaries.push(answers.querySelector("p").textContent);
        button.click();
      }
      rows.push(person);
    }
  }
  readings[resultId] = { head: dialogBody.querySelector("h3").textContent, rows, columns: fold ? cellTexts(fold.querySelector("thead tr")) : [] };
}
dialog.close();
document.getElementById("readings").textContent = JSON.stringify(readings);
</script></body>
"""
#: The same from the scripts alone, where there is no browser.
_NODE_READER = """
const numbers = new Numbers(input.data), people = new People(input.data.people), readings = {};
for (const resultId of input.resultIds) {
  const { numbers: [number], scopeIndexes } = numbers.describe([resultId]);
  const table = scopeIndexes.length ? people.table(input.data.people.scopes[scopeIndexes[0]]) : { rows: [], columns: [] };
  readings[resultId] = { head: `${number.printed} ${number.resultId}`, columns: table.columns, rows: table.rows.map(row => {
    const answers = row.values.filter(({ text }) => text !== null).map(({ wave }) => ({ wave, ...people.answers(table.kind, table.measure, wave, row.personIndex) }));
    return {
      cells: [row.participantId, ...row.values.map(({ text }) => text ?? ""), ...[row.change, row.returns].filter(text => text !== null)],
      isCounted: row.isCounted,
      answers: answers.flatMap(({ wave, blocks }) => blocks.flatMap(({ rows }) => rows.map(cells => [wave, ...cells]))),
      summaries: answers.map(({ summary }) => summary),
    };
  }) };
}
return readings;
"""


def read_in_browser(page: Page, result_ids: list[str], folder: Path) -> dict[str, Any]:
    copy = folder / "index.html"
    script = _BROWSER_READER.replace("RESULT_IDS", json.dumps(result_ids))
    copy.write_text(page.text.replace("</body>", script), encoding="utf-8")
    document = dom_of(copy, folder / "profile")
    match = re.search(r'<pre id="readings">(.*?)</pre>', document, re.S)
    readings: dict[str, Any] = json.loads(html.unescape(match[1]))  # type: ignore[index]
    return readings


def read_in_node(page: Page, result_ids: list[str], folder: Path) -> dict[str, Any]:
    readings: dict[str, Any] = run_scripts(_NODE_READER, {"data": page.data, "resultIds": result_ids})
    return readings


@pytest.fixture(scope="module")
def traces(page: Page) -> dict[str, list[dict[str, Any]]]:
    """What SQL says of fifty numbers of the page, of as many analyses as there are."""
    ids = sorted(page.numbers)
    ids_by_analysis: dict[str, list[str]] = {}
    for result_id in random.Random(5).sample(ids, len(ids)):
        ids_by_analysis.setdefault(result_id.split("/")[0], []).append(result_id)
    rounds = zip_longest(*ids_by_analysis.values())
    sample = [result_id for ids in rounds for result_id in ids if result_id is not None][:50]
    with duckdb.connect(str(page.workspace.release / "warehouse.duckdb"), read_only=True) as connection:
        return {
            result_id: connection.execute("from trace(?)", [result_id]).to_arrow_table().to_pylist() for result_id in sample
        }


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(
            read_in_browser,
            marks=pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine"),
            id="browser",
        ),
        pytest.param(
            read_in_node, marks=pytest.mark.skipif(NODE is None, reason="there is no Node.js on this machine"), id="node"
        ),
    ],
)
def test_fifty_numbers_of_the_page_lead_to_the_same_people_answers_and_cells_as_sql(
    page: Page, traces: dict[str, list[dict[str, Any]]], tmp_path: Path, read: Any
) -> None:
    readings = read(page, list(traces), tmp_path)
    for result_id, rows in traces.items():
        _assert_same(rows, readings[result_id], result_id)
    assert sum(len(person["answers"]) for reading in readings.values() for person in reading["rows"]) > 10_000


def _assert_same(trace: list[dict[str, Any]], reading: dict[str, Any], result_id: str) -> None:
    """Person by person: who counts, the change, each score with its items, and each answer with its cell."""
    assert reading["head"] == f"{trace[0]['text']} {result_id}"
    people = {row["participant_id"]: row for row in trace if row["part"] == "person"}
    is_counted = {person["cells"][0]: person["isCounted"] for person in reading["rows"]}
    assert is_counted == {name: row["is_counted"] for name, row in people.items()}, result_id
    scores = {(row["participant_id"], row["wave"], row["measure"]): row for row in trace if row["part"] == "score"}
    answers: dict[str, list[tuple[str, ...]]] = {}
    files: dict[str, set[str]] = {}
    for row in trace:
        if row["part"] == "answer":
            answers.setdefault(row["participant_id"], []).append(_answer_cells(row))
            if row["file_name"]:
                file = f"{row['file_name']} (version {row['version']}, SHA-256 {row['source_file'][:12]}…)"
                files.setdefault(row["participant_id"], set()).add(file)
    for person in reading["rows"]:
        name, *cells = person["cells"]
        row = people[name]
        if " minus " in reading["columns"][-1]:
            assert cells[-1] == (_plain(row["value"]) if row["is_counted"] else ""), (result_id, name)
        if row["how"]:
            assert cells[-1] == row["how"], (result_id, name)
        for wave, text in zip(reading["columns"][1:], cells, strict=True):
            if (score := scores.get((name, wave, trace[0]["measure"]))) is not None:
                is_missing = score["value"] is None
                assert text == (score["missing_reason"] if is_missing else f"{_plain(score['value'])} ({score['how']})")
        assert sorted(map(tuple, person["answers"])) == sorted(answers.get(name, [])), (result_id, name)
        assert all(any(file in summary for summary in person["summaries"]) for file in files.get(name, ())), result_id


def _answer_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A traced answer as the page lays it out: wave, item, answer, what it counts as, row, column."""
    cell = (str(row["source_row"]), row["source_column"] or "no column") if row["file_name"] else ("no row", "")
    item = (row["wave"] or "", row["item"] or row["measure"])
    if row["value"] is None and row["text"] is None:
        return (*item, f"no answer: {row['missing_reason']}", "", *cell)
    value = row["text"] or _plain(row["value"])
    keyed = value if row["keyed"] is None else _plain(row["keyed"])
    if keyed != value:
        keyed += f" ({row['how'].removeprefix('reversed: ').replace(' - ', ' − ')})"
    return (*item, value, keyed, *cell)


def _plain(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def test_the_page_holds_its_style_and_its_scripts(page: Page) -> None:
    styles = sorted(SCRIPTS.parent.glob("*.css"))
    scripts = sorted(SCRIPTS.glob("*.js"))
    assert styles and scripts
    for file in (*styles, *scripts):
        text = file.read_text(encoding="utf-8")
        assert text in page.text, f"{file.name} is not in the page"
        # What would end its element, or ask the network.
        assert not re.search(r"</script|</style|<!--|@import|https?://|import\s*\(", text), file.name
    assert page.text.count("<script") == page.text.count("</script>") == 2
    assert page.text.count("<style>") == 1
