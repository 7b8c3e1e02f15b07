"""The released page: what it knows of each number is what SQL says, it needs nobody else, and it opens in a browser."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(example_run: Any) -> tuple[Any, str, dict[str, Any]]:
    place, _ = example_run
    text = (place.release / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="numbers">(.*?)</script>', text, re.S)
    assert found is not None
    return place, text, json.loads(found[1])


def test_every_number_on_the_page_opens_what_is_known_of_it(page: tuple[Any, str, dict[str, Any]]) -> None:
    place, text, known = page
    shown = {one for ids in re.findall(r'data-results="([^"]+)"', text) for one in ids.split()}
    assert len(shown) > 2000
    assert shown == set(known["numbers"])
    values = place.values()
    for one, (printed, value, places) in known["numbers"].items():
        assert value == values[one], one
        assert printed, one
        terms = [known["texts"][at][0] for at in places]
        assert terms[:2] == ["What", "Formula"], one


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
    place, _, known = page
    said = [tuple(known["texts"][at]) for at in known["numbers"][result_id][2]]
    with duckdb.connect(str(place.release / "warehouse.duckdb"), read_only=True) as connection:
        people = connection.execute(
            "select is_counted, missing_reason from trace(?) where part = 'person'", [result_id]
        ).fetchall()
        rule = connection.execute(
            "select how from trace(?) where part = 'scale' and measure = split_part(?, '/', 2)", [result_id, result_id]
        ).fetchone()
        files = connection.execute(
            "select distinct file_name from trace(?) where part = 'answer' and file_name is not null", [result_id]
        ).fetchall()
    counted = sum(is_counted for is_counted, _ in people)
    terms = dict(said)
    assert terms["People"].startswith(f"{counted} of 32 on the roster: ")
    left_out = Counter(reason for is_counted, reason in people if not is_counted)
    told = {}
    for part in terms["Left out"].split("; "):
        count, reason = part.split(" ", 1)
        told[reason.strip("()")] = int(count)
    assert sum(told.values()) == 32 - counted
    if result_id.startswith("change"):
        assert told == left_out
    else:
        assert told == {reason.split(": ")[1]: count for reason, count in left_out.items()}
    assert rule is not None
    assert terms["Score"] == rule[0]
    answers = " ".join(text for term, text in said if term == "Answers")
    assert all(name in answers for (name,) in files)


def test_the_page_asks_nobody_and_names_nobody(page: tuple[Any, str, dict[str, Any]]) -> None:
    place, text, _ = page
    assert not re.findall(r'(?:src|href)="(?!#|codebook.html"|checklists.docx"|tables.(?:docx|xlsx|tex)")[^"]*"', text)
    assert "@import" not in text
    assert "fetch(" not in text
    people = place.working("select participant_id, respondent from raw.roster")
    assert not [row for row in people if row["participant_id"] in text or row["respondent"] in text]


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_a_link_to_a_number_opens_it_in_a_browser(page: tuple[Any, str, dict[str, Any]], tmp_path: Path) -> None:
    place, _, _ = page
    address = f"{(place.release / 'index.html').resolve().as_uri()}#mixed/wellbeing/T1-T2/p"
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}",
        "--dump-dom",
        address,
    ]
    document = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", timeout=120).stdout
    opened = document[document.index("<dialog") :]
    assert re.match(r'<dialog id="number"[^>]* open', opened)
    assert "<small>mixed/wellbeing/T1-T2/p</small>" in opened
    assert "<code>wavehouse trace mixed/wellbeing/T1-T2/p</code>" in opened
    assert re.search(r'<details open=""><summary id="table-S2"', re.sub(r">\s+<", "><", document))
