"""A manuscript's numbers are those of the release: as tables print them, refused by line where there is none, and others after a
run that changed them."""

from pathlib import Path
from typing import Any

import pytest

from dagster_project.cli import main
from dagster_project.languages import spoken
from dagster_project.manuscript import ManuscriptError, PrintedResult, fill_in

_EXAMPLES = Path(__file__).parents[1] / "docs" / "manuscripts"
_CHANGE = "change/wellbeing/T1-T2/mean_change"
_RESULTS = {
    row.result_id: row
    for row in (
        PrintedResult("change/mood/T1-T2/p", 0.0204, ".020", None),
        PrintedResult("change/mood/T1-T2/n", 20.0, "20", None),
        PrintedResult("change/mood/T1-T2/t", None, None, "all changes are equal"),
    )
}


def test_a_result_is_printed_as_in_tables_and_the_rest_stays() -> None:
    text = (
        "# Results {#sec-results}\n\n{{< include _a.qmd >}}\n{% if false %}{{< video b >}}{% endif %}\n{{< pagebreak\n>}}\n"
        "p = {{ r('change/mood/T1-T2/p') }} ({{ '%.3f' % value('change/mood/T1-T2/p') }}), {{ release }}{## not yet ##}\n"
        "```{r}\nx\n```\n"
    )
    assert fill_in(text, "paper.qmd", _RESULTS, "20240131-a") == (
        "# Results {#sec-results}\n\n{{< include _a.qmd >}}\n\n{{< pagebreak\n>}}\n"
        "p = .020 (0.020), 20240131-a\n```{r}\nx\n```\n"
    )


@pytest.mark.parametrize(("language", "text"), [("en", "−1.50, .020, 0.0204"), ("de", "−1,50, ,020, 0.0204")])
def test_numbers_have_the_mark_of_the_manuscripts_language(language: str, text: str) -> None:
    results = _RESULTS | {"a": PrintedResult("a", -1.5, "−1.50", None)}
    with spoken(language):
        filled_text = fill_in(
            "{{ r('a') }}, {{ r('change/mood/T1-T2/p') }}, {{ value('change/mood/T1-T2/p') }}", "a", results, "a"
        )
    assert filled_text == text


def test_a_manuscripts_language_has_a_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text("a", encoding="utf-8")
    assert main(["render", str(tmp_path / "a.md"), "--out", str(tmp_path / "b.md"), "--language", "it"]) == 2
    assert "--language: 'it' has no catalogue of messages; there are en, de, fr" in capsys.readouterr().err
    assert not (tmp_path / "b.md").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "{{ r('change/moo/T1-T2/p') }}",
            "change/moo/T1-T2/p: there is no such result; do you mean change/mood/T1-T2/p or change/mood/T1-T2/t or"
            " change/mood/T1-T2/n?",
        ),
        ("{{ r('change/mood/T1-T2/t') }}", "change/mood/T1-T2/t has no value (all changes are equal); take it out"),
        ("{{ result }}", "'result' is undefined"),
        ("{{ r( }}", "unexpected '}', expected ')'; correct the braces"),
        ("{{ r.__globals__ }}", "access to attribute '__globals__' of 'function' object is unsafe."),
    ],
)
def test_what_cannot_be_filled_in_is_refused_by_line(line: str, message: str) -> None:
    with pytest.raises(ManuscriptError) as refusal:
        fill_in(f"one {{{{< a\n>}}}}\n\n{line}\n", "paper.md", _RESULTS, "a")
    assert str(refusal.value) == f"paper.md: line 4: {message}"


@pytest.mark.slow
def test_a_changed_answer_changes_the_manuscript(
    small_copy: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, run_again = small_copy
    paper, target = tmp_path / "paper.md.jinja", tmp_path / "paper.md"
    paper.write_text("Mood at T1: {{ r('summary/mood_total/T1/mean') }}\n", encoding="utf-8")
    command = ["render", str(paper), "--out", str(target), "--release", str(workspace.study_folder)]
    assert main(command) == 0
    first_text = target.read_text(encoding="utf-8")
    (printed,) = workspace.released("select printed from results.results where result_id = 'summary/mood_total/T1/mean'")
    assert first_text == f"Mood at T1: {printed['printed']}\n"
    assert main(command) == 2
    assert capsys.readouterr().err == f"wavehouse: {target}: this is there already; --replace replaces it\n"
    export = workspace.study_folder / "raw/T1/t1.csv"
    lines = export.read_text(encoding="utf-8").splitlines()
    cells, index = lines[1].split(","), lines[0].split(",").index("M1")
    cells[index] = "2" if cells[index] != "2" else "3"
    export.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")
    run = run_again()
    assert run.success, run.failures
    assert main([*command, "--replace"]) == 0
    second_text = target.read_text(encoding="utf-8")
    (printed,) = workspace.released("select printed from results.results where result_id = 'summary/mood_total/T1/mean'")
    assert second_text == f"Mood at T1: {printed['printed']}\n" != first_text


@pytest.mark.slow
def test_the_examples_have_the_number_that_a_changed_answer_gives(corrected_example: Any, tmp_path: Path) -> None:
    examples = [_EXAMPLES / name for name in ("results.md.jinja", "results.qmd")]

    def filled_in(workspace: Any) -> list[str]:
        texts = []
        for example in examples:
            target = tmp_path / example.name
            command = ["render", str(example), "--out", str(target), "--replace", "--release", str(workspace.study_folder)]
            assert main(command) == 0
            texts.append(target.read_text(encoding="utf-8"))
        return texts

    def printed(workspace: Any) -> str:
        (row,) = workspace.released(f"select printed from results.results where result_id = '{_CHANGE}'")
        return f"fell by {row['printed']} points"

    before, texts_before = printed(corrected_example.first), filled_in(corrected_example.first)
    assert all(before in text for text in texts_before)
    assert "{{<" in texts_before[1] and "```{r}" in texts_before[1] and "{{ " not in "".join(texts_before)
    after, texts_after = printed(corrected_example.workspace), filled_in(corrected_example.workspace)
    assert after != before
    assert all(after in text and before not in text for text in texts_after)
