"""Propositions through the whole graph: judged on every run, in the release, and seen to turn when answers change."""

from collections.abc import Callable
from typing import Any

from dagster_project.study import read_study
from dagster_project.summary import run_summary
from dagster_project.synthesis import joint_display, read_propositions

StudyCopy = tuple[Any, Callable[[], Any]]
CLAIMS = "select claim_id, verdict from results.claims order by claim_id"


def test_the_papers_claims_are_judged_and_those_that_its_numbers_do_not_bear_out_are_named(example_run: Any) -> None:
    workspace, run = example_run
    verdicts = {row["claim_id"].removeprefix("claim/"): row["verdict"] for row in workspace.released(CLAIMS)}
    assert {one for one, verdict in verdicts.items() if verdict != "supported"} == {
        "wellbeing_stays_good/burnout_above_norm",
        "wellbeing_stays_good/absence_like_workforce",
        "wellbeing_stays_good/service_use_steady",
        "job_and_team_stay_good/satisfaction_like_norms",
        "job_and_team_stay_good/team_like_norms",
        "connection_matters/depersonalization_far_below_norm",
        "connection_matters/communication_falls_somewhat",
    }
    # Two sentences that the paper's own Table 3 speaks against: burnout lies below the norm, depersonalization by less than 1.
    assert verdicts["wellbeing_stays_good/burnout_above_norm"] == "contradicted"
    assert verdicts["connection_matters/depersonalization_far_below_norm"] == "contradicted"
    # What the paper does not print cannot be held against it.
    assert verdicts["wellbeing_stays_good/absence_like_workforce"] == "not testable"
    assert verdicts["wellbeing_stays_good/service_use_steady"] == "not testable"
    assert len(verdicts) == 19
    passed, said = run.checks["results/joint_display", "claims_hold"]
    assert not passed
    assert said.startswith(
        "5 of 19 claims are not supported: claim/wellbeing_stays_good/burnout_above_norm is contradicted;"
    )
    assert run.success  # a claim that does not hold is shown, and blocks nothing


def test_every_number_shown_is_a_result_as_printed(example_run: Any) -> None:
    workspace, _ = example_run
    cells = workspace.released("from results.claim_cells")
    printed = {
        row["result_id"]: row["printed"] for row in workspace.released("select result_id, printed from results.results")
    }
    assert len(cells) > 100
    for cell in cells:
        numbers = [printed[one] for one in cell["result_ids"].split()]
        for number in numbers:
            assert number in cell["shown"], cell
    known = {row["claim_id"] for row in workspace.released(CLAIMS)}
    assert {cell["claim_id"] for cell in cells} == known


def test_a_claim_turns_with_an_answer_and_the_release_says_so(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    assert workspace.released(CLAIMS) == [
        {"claim_id": "claim/mood_is_usual/near_others", "verdict": "supported"},
        {"claim_id": "claim/mood_is_usual/push_same", "verdict": "supported"},
    ]
    file = next((workspace.study_folder / "raw/T2").iterdir())
    rows = [line.split("\t") for line in file.read_text(encoding="utf-16").splitlines()]
    (person,) = (row for row in rows if row[0] == "B")
    person[rows[0].index("mood 1")] = "4"  # was 3: the mean rises from 11 to 11.5, from 1 norm SD to 1.25
    file.write_text("\n".join("\t".join(row) for row in rows) + "\n", encoding="utf-16")

    run = rerun()
    assert run.success, run.failures
    (claim,) = workspace.released("from results.claims where verdict <> 'supported'")
    assert (claim["claim_id"], claim["verdict"]) == ("claim/mood_is_usual/near_others", "not supported")
    assert claim["reason"].startswith("Mood T2: 1.25 [")
    turned = workspace.released("select what, before, after from results.release_diff where kind = 'claim'")
    assert turned == [{"what": "claim/mood_is_usual/near_others", "before": "supported", "after": "not supported"}]
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert (
        '<span class="verdict not-supported">not supported</span> <span class="verdict contradicted">was supported</span>'
        in page
    )
    assert (
        "claim changed: claim/mood_is_usual/near_others: supported -> not supported"
        in run_summary(workspace.settings).splitlines()
    )
    assert ", 1 claim whose verdict changed." in run.metadata["release"]["what changed"].value
    assert run.checks["results/joint_display", "claims_hold"] == (
        False,
        "1 of 2 claims are not supported: claim/mood_is_usual/near_others is not supported",
    )


def test_a_proposition_that_does_not_fit_the_study_fails_the_run_and_leaves_the_release(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    before = (workspace.release / "manifest.json").read_bytes()
    file = workspace.study_folder / "propositions.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("[push]", "[pusch]"), encoding="utf-8")
    run = rerun()
    assert not run.success
    assert (
        f"{file}: mood_is_usual, push_same: 'pusch' is not a scale of any instrument; the scales are mood_total, push, pull, drive_overall"
        in run.failures
    )
    assert (workspace.release / "manifest.json").read_bytes() == before


def test_the_order_of_propositions_is_that_of_the_file(small_run: Any) -> None:
    workspace, _ = small_run
    declared = read_propositions(read_study(workspace.study_folder))
    assert declared is not None
    display = joint_display(declared, {}, [], read_study(workspace.study_folder))
    assert [row.position for row in display] == [1]
    assert {claim.verdict for row in display for claim in row.claims} == {"not testable"}


def test_the_interviews_stand_beside_the_numbers_and_only_chosen_words_leave(example_run: Any) -> None:
    workspace, run = example_run
    assert run.checks["raw/segments", "codings_conserved"] == (True, "34 in the files, 34 kept, 0 set aside")
    assert run.checks["results/joint_display", "judgements_current"][0]
    (row,) = workspace.released("from results.propositions where proposition = 'connection_matters'")
    assert (row["verdict"], row["segments"], row["people"], row["is_stale"]) == ("divergent", 7, 6, False)
    assert row["memo"]
    # Two coders' codings of one passage are one segment.
    (closer,) = workspace.released("from results.proposition_codes where code = 'Closer to others'")
    assert (closer["segments"], closer["people"], closer["by_wave"]) == (3, 3, "T2 1, T3 2")
    quotes = workspace.released("from results.quotes")
    texts = {row["text"] for row in workspace.working("select text from raw.segments")}
    assert len(quotes) == 5
    assert {row["quote"] for row in quotes} < texts
    people = {row["participant_id"] for row in workspace.released("select participant_id from marts.participants")}
    assert {row["participant_id"] for row in quotes} < people
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    for text in texts - {row["quote"] for row in quotes}:
        assert text not in page
    # Pseudonyms stand in the list of people behind the numbers, and nowhere else: not beside what somebody said.
    assert not [one for one in people if one in page.split('id="page-data"')[0]]


def test_a_segment_of_nobody_on_the_roster_is_set_aside_with_its_reason(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    folder = workspace.study_folder / "interviews"
    folder.mkdir()
    rows = [
        "code,person,wave,segment",
        "Strain > Nights,A,T1,One.",
        "Strain,Zed,T1,Two.",
        "Strain,A,T9,Three.",
        "Strain,,T1,Four.",
        ",A,T1,Five.",
    ]
    (folder / "coded.csv").write_text("\n".join(rows), encoding="utf-8")
    file = workspace.study_folder / "propositions.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "propositions:", "interviews:\n  - {file: interviews/coded.csv}\npropositions:", 1
    )
    file.write_text(text.replace("    claims:", "    codes: [Strain]\n    claims:", 1), encoding="utf-8")
    run = rerun()
    assert run.failures == []
    assert run.checks["raw/segments", "codings_conserved"] == (True, "5 in the files, 2 kept, 3 set aside")
    assert run.checks["results/joint_display", "people_known"] == (
        False,
        "set aside: 1 x the person is not on the roster; 1 x [withheld] is not a wave of the study; 1 x the segment has no person"
        "; 1 x code is empty (`wavehouse check`, `contract` and `queries` show what is withheld)",
    )
    assert workspace.released("select code, segments, by_wave from results.proposition_codes") == [
        {"code": "Strain", "segments": 1, "by_wave": "T1 1"}
    ]
    released = (workspace.release / "manifest.json").read_bytes()
    file.write_text(text.replace("    claims:", "    codes: [Starin]\n    claims:", 1), encoding="utf-8")
    run = rerun()
    assert [one.split("propositions.yaml: ")[-1] for one in run.failures if "Starin" in one] == [
        "mood_is_usual: codes: the interviews have no code 'Starin'; the codes are Nights, Strain"
    ]
    assert (workspace.release / "manifest.json").read_bytes() == released
