"""Study folders that are wrong, each with its one line; and what follows from one that is right."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.study import Study, StudyError, codebook_tables, hash_definitions, read_study

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "small_study"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "small_study"))


def _swap(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: shutil.rmtree(f), "{folder}: there is no such study folder; check the path or WAVEHOUSE_STUDY"),
        (
            lambda f: (f / "instruments/mood.yaml").unlink(),
            "{folder}/instruments/mood.yaml: the file is missing; write it or take its name out of study.yaml",
        ),
        (
            _swap("study.yaml", "title: A", "titel: A"),
            "{folder}/study.yaml: line 3: titel: there is no such key; do you mean title? (and 1 more)",
        ),
        (
            _swap("study.yaml", "licence: none", "licence: none\nowner: me"),
            "{folder}/study.yaml: line 6: owner: there is no such key; remove it or correct its spelling",
        ),
        (
            _swap("study.yaml", "month: 3}", "month: soon}"),
            "{folder}/study.yaml: line 8: waves[1].month: 'soon': a number belongs here;"
            " give the planned month, a number, e.g. 4",
        ),
        (
            _swap("study.yaml", "followup: T2", "followup: T3"),
            "{folder}/study.yaml: contrast T1-T2 names the unknown wave T3",
        ),
        (
            _swap("study.yaml", "baseline: T1, followup: T2", "baseline: T2, followup: T1"),
            "{folder}/study.yaml: contrast T1-T2: baseline must come before follow-up; put the waves in order, or"
            " exchange baseline and followup",
        ),
        (
            _swap("study.yaml", "month: 3}", "month: 3}\n  - {wave: T3, label: later, month: 6}"),
            "{folder}/study.yaml: wave T3 has no export; declare one under exports, with wave: T3",
        ),
        (
            _swap("study.yaml", "{service: gp,", "{service: push,"),
            "{folder}/study.yaml: 'push' is the code of a scale and of a service; rename one of them",
        ),
        (
            _swap("study.yaml", '{"-9": refused}', '{"-9": refused, "0": not_asked}'),
            "{folder}/study.yaml: exports[1].special_codes: '0' lies within drive's anchors 0 to 6; say for which blocks it"
            " holds: special_codes: [{{blocks: [...], codes: {{'0': ...}}}}]",
        ),
        (
            _swap("study.yaml", '{"-9": refused}', '[{blocks: [drives], codes: {"-9": refused}}]'),
            "{folder}/study.yaml: exports[1].special_codes: 'drives' is not a block of this export; it is one of mood,"
            " drive, services",
        ),
        (
            _swap("study.yaml", '{"-9": refused}', '{"LO thru 0": refused}'),
            "{folder}/study.yaml: exports[1].special_codes: 'LO thru 0' reaches into drive's anchors 0 to 6; say for which"
            " blocks it holds: special_codes: [{{blocks: [...], codes: {{'LO thru 0': ...}}}}]",
        ),
        (
            _swap("study.yaml", '{"-9": refused}', '{"99 thru 90": refused}'),
            "{folder}/study.yaml: line 52: exports[1].special_codes[0]: '99 thru 90' holds no number: 99 is above 90; turn the range"
            " round; give cell text: missing reason, e.g. '-9': refused, for all"
            " blocks; or a list of {{blocks, codes}}; a range is written '90 thru 99'",
        ),
        (
            _swap("study.yaml", '{"-9": refused}', '{"90 thru XX": refused}'),
            "{folder}/study.yaml: line 52: exports[1].special_codes[0]: '90 thru XX' is no range of numbers; write e.g. '90 thru 99',"
            " 'LO thru -1' or '100 thru HI'; give cell text: missing reason, e.g. '-9': refused, for all"
            " blocks; or a list of {{blocks, codes}}; a range is written '90 thru 99'",
        ),
        (
            _swap("study.yaml", "    folder: raw/roster\n", '    folder: raw/roster\n    special_codes: {"30": refused}\n'),
            "{folder}/study.yaml: exports[0].special_codes: '30' could be a value of age; say for which variables it holds:"
            " special_codes: [{{blocks: [...], codes: {{'30': ...}}}}]",
        ),
        (
            _swap(
                "study.yaml",
                "    folder: raw/roster\n",
                "    folder: raw/roster\n    special_codes: [{blocks: [agee], codes: {'30': refused}}]\n",
            ),
            "{folder}/study.yaml: exports[0].special_codes: 'agee' is not a variable of the roster; it is one of site, age",
        ),
        (
            _swap("study.yaml", "outcomes: [mood_total,", "outcomes: [moods,"),
            "{folder}/study.yaml: outcomes: 'moods' is not a scale of any instrument; the scales are mood_total, push, pull,"
            " drive_overall",
        ),
        (
            _swap("study.yaml", 'used: ["Yes"]', "used: [Yes]"),
            "{folder}/study.yaml: line 25: service_use.used[0]: True: YAML reads this as true/false; put it in quotes; give what an"
            " export writes for a service that was used, e.g. ['Yes', '1']",
        ),
        (
            _swap("study.yaml", 'template: "M{position}"', 'template: "M1"'),
            "{folder}/study.yaml: line 47: exports[1].blocks[0]: block mood: template 'M1' lacks {{position}}; give the columns, block by"
            " block",
        ),
        (
            _swap("study.yaml", 'template: "D{position}"', 'template: "M{position}"'),
            "{folder}/study.yaml: exports[1].blocks[1]: column 'M1' is declared for two codes, 'drive_01' among them; keep one",
        ),
        (
            _swap("study.yaml", '"very much": 5', '"very much": 6'),
            "{folder}/study.yaml: exports[1].labels: 'very much' stands for 6, outside mood's anchors 1 to 5; correct the code",
        ),
        (
            _swap("study.yaml", "wave: T2\n    folder", "wave: T1\n    folder"),
            "{folder}/study.yaml: wave T1 has 2 exports; give t1 a part, a name for what it holds of the wave, or keep one export",
        ),
        (
            lambda f: (
                _swap("study.yaml", "wave: T2\n    folder", "wave: T1\n    part: b\n    folder")(f),
                _swap("study.yaml", "wave: T1\n    folder", "wave: T1\n    part: a\n    folder")(f),
            ),
            "{folder}/study.yaml: wave T1: mood stands in two of its exports; keep it in one",
        ),
        (
            _swap("study.yaml", "wave: T2\n    folder", "wave: null\n    folder"),
            "{folder}/study.yaml: 2 exports have no wave; exactly one, the roster, must have none",
        ),
        (
            _swap("study.yaml", "study: small_study", "study: small_study\nstudy: again"),
            "{folder}/study.yaml: line 3: the key 'study' is written twice; correct the YAML there",
        ),
        (
            _swap("study.yaml", "instruments: [mood, drive]", "instruments: [mood, drive"),
            "{folder}/study.yaml: line 12: expected ',' or ']', but got ':'; correct the YAML there",
        ),
        (
            _swap("instruments/mood.yaml", "low: 1, high: 5", "low: 5, high: 1"),
            "{folder}/instruments/mood.yaml: line 7: anchors: low 5 is not below high 1; give low and high answer code",
        ),
        (
            _swap("instruments/mood.yaml", "reversed: [3]", "reversed: [4]"),
            "{folder}/instruments/mood.yaml: reversed names item 4, but the instrument has items 1 to 3",
        ),
        (
            _swap("instruments/mood.yaml", "minimum_answered: 0.6", "minimum_answered: 60"),
            "{folder}/instruments/mood.yaml: line 8: minimum_answered: 60: input should be less than or equal to 1; give the share of a"
            " scale's items that must be answered (default 0.8)",
        ),
        (
            _swap("instruments/mood.yaml", "instrument: mood", "instrument: moods"),
            "{folder}/instruments/mood.yaml: instrument: 'moods' is not the file's name; write 'mood' or rename the file",
        ),
        (
            _swap("instruments/drive.yaml", "parts: [push, pull]", "parts: [push, shove]"),
            "{folder}/instruments/drive.yaml: composite drive_overall names the unknown scale shove",
        ),
        (
            _swap("instruments/drive.yaml", "scale: push,", "scale: mood_total,"),
            "{folder}/instruments/drive.yaml: composite drive_overall names the unknown scale push",
        ),
        (
            _swap("norms.yaml", "scale: mood_total", "scale: mood"),
            "{folder}/norms.yaml: norms[0].scale: 'mood' is not a scale of any instrument; the scales are mood_total, push, pull,"
            " drive_overall",
        ),
        (
            lambda f: (f / "study.yaml").write_bytes("study: caf\xe9".encode("latin-1")),
            "{folder}/study.yaml: byte 10 is not UTF-8; save the file as UTF-8",
        ),
        (
            lambda f: (f / "study.yaml").write_text("", encoding="utf-8"),
            "{folder}/study.yaml: the file holds no keys; start it with study:",
        ),
    ],
)
def test_a_wrong_definition_is_one_line(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert str(refusal.value).replace("\\", "/") == message.format(folder=folder.as_posix())


def test_the_example_says_what_it_assumes_and_holds_no_wording() -> None:
    study = read_study(ROOT / "data" / "peer_workers")
    assert [wave.wave for wave in study.protocol.waves] == ["T1", "T2", "T3"]
    assert [instrument.instrument for instrument in study.instruments] == ["wemwbs", "mjs", "itpps", "mbi_hss"]
    assert sum(instrument.item_count for instrument in study.instruments) == 14 + 43 + 52 + 22
    assert all(instrument.assumptions and instrument.source and instrument.licence for instrument in study.instruments)
    tables = codebook_tables(study)
    assert "wording" not in {column for table in tables.values() for column in table.column_names}
    assert tables["assumptions"].num_rows >= sum(len(instrument.assumptions) for instrument in study.instruments)


@pytest.mark.parametrize(
    ("scale", "low", "high", "needed"),
    [
        ("wellbeing", 14, 70, 12),
        ("wellbeing_short", 7, 35, 7),
        ("workload", 1, 5, 7),
        ("pay", 1, 5, 3),
        ("communication", 1, 5, 3),
        ("resources", 1, 5, 3),
        ("overall_satisfaction", 1, 5, 6),
        ("emotional_exhaustion", 0, 54, 8),
        ("depersonalization", 0, 30, 4),
    ],
)
def test_ranges_and_minimum_items_follow_from_the_instrument(scale: str, low: float, high: float, needed: int) -> None:
    codebook = codebook_tables(read_study(ROOT / "data" / "peer_workers"))["scales"].to_pylist()
    (row,) = [row for row in codebook if row["scale"] == scale]
    assert (row["lowest"], row["highest"], row["minimum_answered"]) == (low, high, needed)


def test_the_codebook_places_every_item_in_every_wave(folder: Path) -> None:
    study: Study = read_study(folder)
    expected = {
        (row["wave"], row["item"]): (row["export_column"], row["status"])
        for row in codebook_tables(study)["wave_items"].to_pylist()
    }
    assert len(expected) == 2 * (3 + 4 + 1)
    assert expected["T1", "mood_03"] == ("M3", "asked")
    assert expected["T2", "mood_03"] == ("mood 3", "asked")
    assert expected["T2", "gp"] == (None, "not_in_wave")


def test_a_code_that_an_export_was_never_meant_to_have_is_absent(folder: Path) -> None:
    _swap("study.yaml", 'template: "mood {position}"', 'template: "mood {position}", absent: [mood_02]')(folder)
    rows = codebook_tables(read_study(folder))["wave_items"].to_pylist()
    assert [row["status"] for row in rows if row["wave"] == "T2" and row["item"] == "mood_02"] == ["column_absent"]


def test_windows_files_are_read(folder: Path) -> None:
    file = folder / "study.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + re.sub(rb"\r?\n", b"\r\n", file.read_bytes()))
    assert read_study(folder).protocol.study == "small_study"


@pytest.mark.parametrize(
    "file",
    [
        "study.yaml", "instruments/mood.yaml", "norms.yaml", "propositions.yaml", "checklists.yaml", "published/small.csv",
        "dictionaries/t2.csv",
    ],
)  # fmt: skip
def test_every_file_that_a_run_reads_is_in_the_hash(file: str, folder: Path) -> None:
    (folder / "checklists.yaml").write_text("told: {}\n", encoding="utf-8")
    (folder / "dictionaries").mkdir()
    (folder / "dictionaries/t2.csv").write_text("Variable\n", encoding="utf-8")
    reader_lines = "    reader: redcap\n    dictionary: dictionaries/t2.csv\n"
    _swap("study.yaml", '    pattern: "*.txt"\n    reader: delimited\n', f'    pattern: "*.txt"\n{reader_lines}')(folder)
    study = read_study(folder)
    assert hash_definitions(study) == study.definitions
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    now = hash_definitions(study)
    assert [name for name in now if now[name] != study.definitions[name]] == [file]
    if file.endswith(".yaml"):
        assert read_study(folder).definitions_hash != study.definitions_hash


def test_a_special_code_of_one_block_is_an_answer_of_another(folder: Path) -> None:
    """9 was "refused" of mood, and a valid answer of pain beside it went missing with it."""
    _swap("study.yaml", '{"-9": refused}', '[{blocks: [mood], codes: {"0": refused}}]')(folder)
    texts = codebook_tables(read_study(folder))["answer_texts"].to_pylist()
    items = {row["item"] for row in texts if row["wave"] == "T1" and row["answer_text"] == "0"}
    assert items == {"mood_01", "mood_02", "mood_03"}
