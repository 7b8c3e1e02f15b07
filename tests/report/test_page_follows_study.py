"""Released pages of studies that have little: no section, column, caption or sentence of what a study does not have, the answer
first, and every number a result."""

import html
import re
from pathlib import Path
from typing import Any

import docx
import pytest
from planned_study import PROTOCOL, made_people, write_study
from released_page import numbers_by_id, read_page_data

#: Everybody is asked in every wave; nothing but instruments and a roster.
_PLAIN = PROTOCOL.replace(", planned_for: {arm: [intervention]}", "").replace(", planned_for: {sex: [f]}", "")
_GROUPS = """groups: {variable: arm, reference: control, design: randomised, repeated_measures: {baseline: covariate}}
plan:
  families: [{family: main, role: primary, outcomes: [mood_total], contrasts: [T1-T2], compares: groups_adjusted}]
"""


def _one_wave(protocol: str) -> str:
    """The protocol with its first wave and its first questionnaire only, and without the roster's variables."""
    for pattern in (
        r"  - \{wave: T[23].*\n",
        r"contrasts:\n(?:  - .*\n)+",
        r"groups: none\n",
        r"participant_variables:\n(?:  .*\n)+",
    ):
        protocol = re.sub(pattern, "", protocol)
    protocol = protocol.replace("[mood, sleep]", "[mood]").replace("[mood_total, sleep_total]", "[mood_total]")
    protocol = re.sub(r"    (?:blocks: \[\{block: participants|special_codes: \[\{blocks: \[arm).*\n", "", protocol)
    return protocol[: protocol.index("  - export: t2")]


def _page(tmp_path_factory: Any, workspace_at: Any, name: str, protocol: str, people_count: int = 24) -> Any:
    from conftest import run_all

    folder = tmp_path_factory.mktemp(name)
    protocol = protocol.replace("study: planned_study", f"study: {name}")
    workspace = workspace_at(folder, write_study(folder / "made" / name, made_people()[:people_count], protocol))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    return _page(tmp_path_factory, workspace_at, "plain", _PLAIN)


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    return _page(tmp_path_factory, workspace_at, "arms", _PLAIN.replace("groups: none\n", _GROUPS))


@pytest.fixture(scope="module")
def one_person(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    return _page(tmp_path_factory, workspace_at, "single", _one_wave(_PLAIN), people_count=1)


def test_a_model_adjusted_for_the_first_wave_counts_whoever_has_a_score_there(groups: Any) -> None:
    """Whoever has no score at the first wave, or none later, is in the trace with the reason, and counts neither there nor on
    the page."""
    values = groups.values()
    traced = groups.released("from trace('mmrm_difference/mood_total/intervention/T1-T2/p') where part = 'person'")
    counted = [person for person in traced if person["is_counted"]]
    assert len(counted) == values["mmrm/mood_total/n"]
    scores = groups.released(
        "select participant_id, wave from marts.scale_scores where scale = 'mood_total' and score is not null"
    )
    waves: dict[str, set[str]] = {}
    for row in scores:
        waves.setdefault(row["participant_id"], set()).add(row["wave"])
    grouped = {row["participant_id"] for row in groups.released("from marts.participants where arm is not null")}
    modelled = {person for person, has in waves.items() if "T1" in has and len(has) > 1} & grouped
    assert {person["participant_id"] for person in counted} == modelled
    assert len(modelled) < len(waves.keys() & grouped)
    assert all(person["missing_reason"] for person in traced if not person["is_counted"])
    page = read_page_data(_text(groups))
    numbers = numbers_by_id(page)
    lines = dict(numbers["mmrm/mood_total/n"].lines)
    assert lines["People"].startswith(f"{len(modelled)} of ")
    assert lines["People"].endswith(": people with a score of the scale in the first wave and in a later one")


def _text(workspace: Any) -> str:
    text: str = (workspace.release / "index.html").read_text(encoding="utf-8")
    return text


def _words(page: str) -> str:
    """What readers see of a page, figures and dialog aside."""
    body = re.sub(r"<svg.*?</svg>", " ", page[page.index("<body") : page.index("<dialog")], flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def _document_words(file: Path) -> str:
    document = docx.Document(str(file))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    return " ".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.slow
def test_a_study_without_services_norms_and_families_has_none_of_their_words(plain: Any) -> None:
    release = plain.release
    texts = {
        "index.html": _words(_text(plain)),
        "tables.docx": _document_words(release / "tables.docx"),
        "checklists.docx": _document_words(release / "checklists.docx"),
        "codebook.docx": _document_words(release / "codebook.docx"),
        "tables.tex": (release / "tables.tex").read_text(encoding="utf-8").split(r"\begin{document}")[1],
        **{file.name: file.read_text(encoding="utf-8-sig") for file in (release / "tables").iterdir()},
    }
    for name, text in texts.items():
        found_words = re.findall(r"\b(?:norms?|Holm|joint display|GRAMMS|propositions?|interviews?|the paper)\b", text, re.I)
        assert not found_words, name
        # Of services the checklists speak in citations: Journal of Health Services Research.
        assert name.startswith(("checklists", "table_C")) or not re.search(r"\bservices\b", text), name
    figures = [re.sub(r"<[^>]+>", " ", file.read_text(encoding="utf-8")) for file in (release / "figures").iterdir()]
    assert not [text for text in figures if re.search(r"\bnorms?\b", text)]
    codebook = (release / "codebook.html").read_text(encoding="utf-8")
    subjects = re.sub(r"<[^>]+>", " ", codebook[codebook.index("<main>") : codebook.index('id="tables"')])
    assert "mean_change" in subjects
    assert not re.findall(r"\bnorms?\b|norm_|holm|services", subjects)
    page = _text(plain)
    assert re.findall(r'<h2 id="table-(\d+)">Table \1\. ([^<]+)<', page) == [
        ("1", "Characteristics of the participants"), ("2", "Outcomes over time"), ("3", "Change over time"),
    ]  # fmt: skip
    assert sorted(file.name for file in (release / "tables").iterdir() if re.match(r"table_\d", file.name)) == [
        "table_1_characteristics.csv", "table_2_summary.csv", "table_3_change.csv",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "groups", "one_person"])
def test_a_page_opens_with_its_main_results_and_links_to_what_it_has(name: str, request: pytest.FixtureRequest) -> None:
    workspace = request.getfixturevalue(name)
    page = _text(workspace)
    order = re.findall(r'<h2 id="([^"]+)"', page)
    assert order[0] == "main-results"
    tables = [id_ for id_ in order if id_.startswith("table-")]
    assert order == [
        "main-results", *tables, "figures", "flow", "methods", "further", "audit", "checklists", "changes", "cite", "number-title",
    ]  # fmt: skip
    assert tables == [f"table-{number}" for number in range(1, len(tables) + 1)]
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert {link for link in re.findall(r'href="#([^"]+)"', page)} <= set(ids)
    assert set(re.findall(r'aria-labelledby="([^" ]+)"', page)) <= set(ids)
    main = page[page.index('id="main-results"') : page.index('id="table-1"')]
    shown_ids = {id_ for ids in re.findall(r'data-results="([^"]+)"', main) for id_ in ids.split()}
    assert shown_ids
    assert shown_ids <= set(workspace.values())
    # No number stands outside a button but those of codes and names, such as T1.
    text = re.sub(r"95 %", "", _words(f"<body>{re.sub(r'<button.*?</button>', '', main, flags=re.DOTALL)}<dialog"))
    assert not re.search(r"(?<![A-Za-z])\d", text), text


@pytest.mark.slow
def test_a_trial_opens_with_the_difference_that_was_planned(groups: Any) -> None:
    rows = {row["result_id"]: row["printed"] for row in groups.released("select result_id, printed from results.results")}
    main = _text(groups)
    main = _words("<body>" + main[main.index('id="main-results"') : main.index('id="table-1"')] + "<dialog")
    prefix = "change_adjusted/mood_total/intervention/T1-T2"
    difference, low, high, p = (rows[f"{prefix}/{name}"] for name in ("difference", "ci95_low", "ci95_high", "p_holm"))
    assert "(planned as primary, family main)" in main
    assert "mood, T1-T2: Intervention minus Control No difference was shown: the interval includes zero;" in main
    assert f"{difference} [{low}, {high}]" in main
    assert f" {p} " in main
    document = docx.Document(str(groups.release / "tables.docx"))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts.index("Main results") < texts.index("Methods") < texts.index("Tables")
    assert [text for text in texts if text.startswith("mood, T1-T2: Intervention minus Control. No difference was shown")]


@pytest.mark.slow
def test_one_person_one_wave_and_one_scale_are_singular(one_person: Any) -> None:
    words = _words(_text(one_person))
    assert "Questionnaires were planned at 1 wave: T1 (before, month 0)." in words
    assert "Of 1 person on the roster, 1 returned T1." in words
    assert "Mean scores of 1 scale at T1." in words
    assert not re.findall(r"(?<!of )\b1 (?:people|waves|scales|items|results|tests|findings|services|numbers)\b", words)
    assert not re.findall(r"\b(?:contrasts?|Jacobson|Little's|Longitudinal|left at)\b", words)
