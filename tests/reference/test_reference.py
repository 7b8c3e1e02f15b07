"""The reference: everything that can be documented is, and what is silent is named."""

import argparse
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from pydantic import BaseModel, Field, TypeAdapter

from dagster_project.audit.rules import RULES
from dagster_project.commands.command import add_command
from dagster_project.reference import (
    PAGES,
    auditor,
    checks,
    commands,
    keys,
    messages,
    statistics,
    tables,
    undocumented,
    write_reference,
)
from dagster_project.reference.examples import EXAMPLES
from dagster_project.reference.schema import key_groups
from dagster_project.reference.text import anchor, plain
from dagster_project.results.statistics_registry import STATISTICS
from dagster_project.study import StudyError, read_study


@pytest.mark.slow
def test_everything_is_documented() -> None:
    assert undocumented() == []


def test_every_page_is_written_and_has_a_title(tmp_path: Path) -> None:
    files = write_reference(tmp_path / "reference")
    assert [file.name for file in files] == [page.file for page in PAGES]
    assert all(file.read_text(encoding="utf-8").startswith("# ") for file in files)


class _Part(BaseModel):
    """A part."""

    low: int = Field(ge=1, description="the lowest, e.g. 3")
    kind: str


class _File(BaseModel):
    """A file."""

    parts: tuple[_Part, ...] = Field(default=(), description="the parts")
    mode: bool = Field(default=True, description="whether it is so")


def test_a_key_says_type_default_meaning_and_an_example() -> None:
    whole, part = key_groups(_File.model_json_schema(), [{"parts": [{"low": 7, "kind": "x"}]}], {})
    assert [(key.name, key.is_required, key.default) for key in whole.keys] == [
        ("parts", False, ""),
        ("mode", False, "true"),
    ]
    assert whole.keys[0].type_text == "list of [_Part](#part)"
    assert whole.keys[1].example == "mode: false"
    assert (part.paths, part.keys[0].type_text, part.keys[0].example) == (("parts[]",), "whole number, 1 or more", "low: 7")


def test_a_key_without_words_or_example_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    file = keys.DefinitionFile("x.md", "nothing-of-this-name.yaml", _File, "")
    assert file.silent() == ["_Part.kind", "_Part.kind: no example"]


def test_every_written_example_is_of_a_key_and_valid() -> None:
    """An example that the model refuses would teach an error."""
    models = {model.__name__: model for model in _models(BaseModel) if model.__module__.startswith("dagster_project")}
    for name, text in EXAMPLES.items():
        model_name, key = name.split(".")
        fields = models[model_name].model_fields
        field = next(field for name, field in fields.items() if (field.alias or name) == key)
        annotated: Any = field.annotation
        TypeAdapter(annotated).validate_python(yaml.safe_load(text))


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [model, *(each for child in model.__subclasses__() for each in _models(child))]


def test_keys_that_stand_for_others_are_read_as_the_page_shows_them(small_workspace: Any) -> None:
    """A wave's month may stand under months, and the roster may be a wave: the page's examples are taken."""
    file = small_workspace.study_folder / "study.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for wave in content["waves"]:
        del wave["month"]
    content |= yaml.safe_load(keys.SHORT_KEYS["months"][2].replace("3}", "4}"))
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert [wave.month for wave in read_study(small_workspace.study_folder).protocol.waves] == [0, 4]
    content |= yaml.safe_load(keys.SHORT_KEYS["roster"][2])
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(StudyError, match="roster names a wave, and an export without a wave is the roster already"):
        read_study(small_workspace.study_folder)


def test_commands_show_what_their_help_says() -> None:
    text = commands.page()
    assert "## wavehouse trace { #trace }" in text
    assert "<code>--person PERSON</code>" in text
    assert "{names}" not in text
    assert "d&#95;baseline" in text, "the names that the help fills in when it is printed"


def test_an_option_without_help_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = argparse.ArgumentParser()
    command = add_command(parser.add_subparsers(), "weigh", "weigh a thing", lambda options, settings: 0)
    command.add_argument("--twice", action="store_true")
    monkeypatch.setattr(commands, "command_parser", lambda: parser)
    assert commands.silent() == ["weigh --twice"]


def test_every_statistic_stands_under_its_analysis() -> None:
    text = statistics.page()
    assert text.count("| <code>") == len(STATISTICS)
    assert "| <code>d&#95;baseline</code> | mean change / SD at baseline" in text
    assert "people with a score, or an answer, in both waves of the contrast" in text.lower()


def test_a_rule_without_a_line_and_a_line_without_a_rule_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "Whole answers", {"grim": "x", "grimmer": "x", "debit": "x", "horoscope": "x"})
    assert auditor.silent() == ["horoscope", "whole_ends"]


def test_checks_say_whether_they_block() -> None:
    by_name = {check.name: check for check in checks.declared_checks()}
    assert by_name["contract"].blocks and by_name["few_rejected_answers"].blocks and by_name["one_truth"].blocks
    assert not by_name["no_rejected_answers"].blocks and not by_name["claims_hold"].blocks


def test_messages_are_followed_to_where_they_are_put_together() -> None:
    texts = {message.text for message in messages.messages()}
    assert {
        # of a function of another module; of one whose result is tested first; of both ends of a condition; of a loop
        "…: there is no such result; do you mean …?",
        "groups: … is not a variable of the roster; its variables are …",
        "people: … is limited in two ways; keep one of only or without, or minimum and maximum of a number",
        "…: the key is empty; delete the file if nothing was released, else put the key back there",
    } <= texts
    assert [refusal.location for refusal in messages.refusals() if not (refusal.texts or refusal.repeats)] == []


def test_what_makes_an_export_unusable_is_listed_though_it_is_gathered_first() -> None:
    """Problems of an export are put into a list, several functions away from where the first of them is raised."""
    (refusal,) = (entry for entry in messages.refusals() if entry.location.startswith("contract_result.py"))
    texts = "\n".join(refusal.texts)
    assert "columns are missing: …; correct the export, the protocol, or declare them under absent" in texts
    assert "a spreadsheet rounded the identifier …; export the file again" in texts
    assert "looks like a header and not like a person (…, …); delete it" in texts


_PASSED_ON = """
def read(file):
    try:
        parse(file)
    except OSError as error:
        {raised}
"""


@pytest.mark.parametrize(
    ("raised", "texts", "repeats"),
    [
        ('raise ExportError(f"{file}: {error}")', (), True),
        ("raise ExportError(str(error))", (), True),
        ('raise ExportError(f"{file}: is no text ({error}); save it again")', ("…: is no text (…); save it again",), False),
        # Neither words nor the caught error: nobody could look it up.
        ('raise ExportError(f"{file}: {fault}")', (), False),
    ],
)
def test_a_refusal_is_listed_passed_on_or_named_as_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, texts: tuple[str, ...], repeats: bool
) -> None:
    file = tmp_path / "exports" / "made.py"
    file.parent.mkdir()
    file.write_text(_PASSED_ON.format(raised=raised), encoding="utf-8")
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    messages.refusals.cache_clear()
    try:
        (refusal,) = messages.refusals()
        assert (refusal.texts, refusal.repeats) == (texts, repeats)
        assert messages.silent() == ([] if texts or repeats else ["made.py:6: ExportError"])
    finally:
        messages.refusals.cache_clear()


@pytest.mark.slow
def test_an_error_whose_class_writes_the_line_is_listed_with_it() -> None:
    texts = {message.text for message in messages.messages()}
    assert "…: has no …: another version of Wavehouse wrote this …; `wavehouse run` …" in texts


def test_messages_are_those_of_the_code() -> None:
    texts = {message.text for message in messages.messages()}
    assert "roster: there is no key …; give a wave, or …" in texts
    assert "…: no export declares a source; docs/how-to/pull.md says how one is declared" in texts
    assert len(texts) > 600


def test_text_is_no_markup() -> None:
    assert plain("a_b *c* |d| <e> [f](g)") == "a&#95;b &#42;c&#42; &#124;d&#124; &lt;e&gt; &#91;f&#93;(g)"
    assert anchor("marts.scale_scores") == "marts-scale-scores"


def test_every_released_table_and_column_is_on_the_page(small_run: Any) -> None:
    """Of the released file itself: tables that Python, dbt and SQL make of a study. Columns named after the study's own
    items, scales, waves and variables are the codebook's."""
    workspace, _ = small_run
    study = read_study(workspace.study_folder)
    own = {*study.scales, *(code for instrument in study.instruments for code in instrument.item_codes)}
    own |= {variable.variable for variable in study.protocol.participant_variables} | {"gp"}
    own |= {f"{code}__{end}" for code in own for end in ("answered", "reason", "missing")}
    own |= {f"{kind}_{wave.wave}" for kind in ("state", "value", "status") for wave in study.protocol.waves}
    with duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal and schema_name <> 'main'"
        ).fetchall()
    described = tables.described_tables()
    assert {table for table, _ in columns} - described.keys() == set()
    assert described.keys() - {table for table, _ in columns} == set()
    assert [(table, name) for table, name in columns if name not in described[table].columns and name not in own] == []


def test_every_check_of_the_graph_is_on_the_page(small_run: Any) -> None:
    _, run = small_run
    of_dbt = {name for asset, name in run.checks if asset.startswith(("marts/", "staging/"))} - {
        "no_rejected_answers", "few_rejected_answers", "gates_agree", "contradictions_declared", "planned_waves_decided",
    }  # fmt: skip
    declared = {check.name for check in checks.declared_checks()}
    assert {name for _, name in run.checks} - of_dbt - declared == set()
