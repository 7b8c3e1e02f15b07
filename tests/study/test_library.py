"""The library: what is in it, and how a study takes an instrument from it."""

import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from library_scores import ITEM_COUNTS, SOURCES, allowed_answers

from dagster_project.study import (
    StudyError,
    codebook_tables,
    hash_definitions,
    library_codes,
    library_file,
    read_instrument,
    read_study,
)
from dagster_project.study import library as library_module
from tests.refusal_lines import without_line

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "small_study"
#: The lowest and highest score of each scale, by hand.
EXTREMES = """
audit_total 0 40, audit_consumption 0 12, audit_c_total 0 12, bfi10_extraversion 1 5, bfi10_agreeableness 1 5,
bfi10_conscientiousness 1 5, bfi10_neuroticism 1 5, bfi10_openness 1 5, bfi44_extraversion 1 5, bfi44_agreeableness 1 5,
bfi44_conscientiousness 1 5, bfi44_neuroticism 1 5, bfi44_openness 1 5, brs_mean 1 5, cbi_personal 0 100, cbi_work 0 100,
cbi_client 0 100, cesd_total 0 60, cesd10_total 0 30, core10_total 0 40, dass21_depression 0 42, dass21_anxiety 0 42,
dass21_stress 0 42, djg6_total 0 6, djg6_emotional 0 3, djg6_social 0 3, epds_total 0 30, eq_vas_score 0 100, gad2_total 0 6,
gad7_total 0 21, gse_total 10 40, isi_total 0 28, k10_total 10 50, k6_total 0 24, lsns6_total 0 30, lsns6_family 0 15,
lsns6_friends 0 15, mbi_hss_exhaustion 0 54, mbi_hss_depersonalization 0 30, mbi_hss_accomplishment 0 48, olbi_exhaustion 1 4,
olbi_disengagement 1 4, pcl5_total 0 80, pcl5_intrusion 0 20, pcl5_avoidance 0 8, pcl5_cognition_mood 0 28, pcl5_arousal 0 24,
phq2_total 0 6, phq4_total 0 12, phq4_anxiety 0 6, phq4_depression 0 6, phq9_total 0 27, pss10_total 0 40, pss4_total 0 16,
rand36_physical_functioning 0 100, rand36_role_physical 0 100, rand36_role_emotional 0 100, rand36_energy 0 100,
rand36_emotional_wellbeing 0 100, rand36_social_functioning 0 100, rand36_pain 0 100, rand36_general_health 0 100,
rand36_health_change 0 100, rses_total 0 30, sdq_parent_emotional 0 10, sdq_parent_conduct 0 10, sdq_parent_hyperactivity 0 10,
sdq_parent_peer 0 10, sdq_parent_prosocial 0 10, sdq_parent_total 0 40, sdq_self_emotional 0 10, sdq_self_conduct 0 10,
sdq_self_hyperactivity 0 10, sdq_self_peer 0 10, sdq_self_prosocial 0 10, sdq_self_total 0 40, swemwbs_metric 7 35,
swls_total 5 35, tipi_extraversion 1 7, tipi_agreeableness 1 7, tipi_conscientiousness 1 7, tipi_stability 1 7,
tipi_openness 1 7, ucla3_total 3 9, uwes9_total 0 6, uwes9_vigor 0 6, uwes9_dedication 0 6, uwes9_absorption 0 6,
wemwbs_total 14 70, wemwbs_short 7 35, who5_index 0 100, wsas_total 0 40
"""
#: Where bands start, as the sources print them.
BANDS = {
    "phq9_total": [0, 5, 10, 15, 20], "phq4_total": [0, 3, 6, 9], "gad7_total": [0, 5, 10, 15], "k10_total": [10, 16, 22, 30],
    "audit_total": [0, 8, 16, 20], "core10_total": [0, 11, 15, 20, 25], "dass21_depression": [0, 10, 14, 21, 28],
    "dass21_anxiety": [0, 8, 10, 15, 20], "dass21_stress": [0, 15, 19, 26, 34], "isi_total": [0, 8, 15, 22],
    "swls_total": [5, 10, 15, 20, 21, 26, 31], "brs_mean": [1, 3, 4.31], "djg6_total": [0, 2, 5], "wsas_total": [0, 10, 21],
    "sdq_self_emotional": [0, 6, 7], "sdq_self_conduct": [0, 4, 5], "sdq_self_hyperactivity": [0, 6, 7],
    "sdq_self_peer": [0, 4, 6], "sdq_self_prosocial": [0, 5, 6], "sdq_self_total": [0, 16, 20],
    "sdq_parent_emotional": [0, 4, 5], "sdq_parent_conduct": [0, 3, 4], "sdq_parent_hyperactivity": [0, 6, 7],
    "sdq_parent_peer": [0, 3, 4], "sdq_parent_prosocial": [0, 5, 6], "sdq_parent_total": [0, 14, 17],
}  # fmt: skip
CUT_OFFS = {
    "phq9_total": ["at_least 10"], "phq2_total": ["at_least 3"], "phq4_anxiety": ["at_least 3"],
    "phq4_depression": ["at_least 3"], "gad7_total": ["at_least 10"], "gad2_total": ["at_least 3"],
    "who5_index": ["at_most 50"], "k6_total": ["at_least 13"], "core10_total": ["at_least 11"], "audit_total": ["at_least 8"],
    "audit_c_total": ["at_least 4", "at_least 3"], "ucla3_total": ["at_least 6"], "pcl5_total": ["at_least 31"],
    "cesd_total": ["at_least 16"], "cesd10_total": ["at_least 10"], "lsns6_total": ["at_most 11"],
    "lsns6_family": ["at_most 5"], "lsns6_friends": ["at_most 5"], "epds_total": ["at_least 13", "at_least 10"],
}  # fmt: skip
#: The least changes that matter, as the sources named beside them state.
IMPORTANT = {"phq9_total": 5, "gad7_total": 4, "who5_index": 10, "isi_total": 6, "wemwbs_total": 3}


def test_every_instrument_has_a_source_of_its_own_to_be_compared_with() -> None:
    assert library_codes() == sorted(SOURCES) == sorted(ITEM_COUNTS)
    assert f"It holds {len(SOURCES)} of them" in " ".join(
        (ROOT / "docs" / "explanation" / "parts.md").read_text(encoding="utf-8").split()
    )


def test_the_library_is_in_what_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert any(library_file("phq9").is_relative_to(ROOT / folder) for folder in folders)


@pytest.mark.parametrize("code", library_codes())
def test_an_instrument_is_whole_and_holds_keys_only(code: str) -> None:
    text = library_file(code).read_text(encoding="utf-8")
    instrument = read_instrument(library_file(code))
    assert instrument.instrument == code
    assert re.search(r"\d{4}", instrument.source), "a citation has a year"
    assert instrument.licence
    assert "?" not in text, "no questionnaire wording"
    assert [instrument.anchors_of(position).answers for position in range(1, instrument.item_count + 1)] == [
        tuple(allowed_answers(code, item)) for item in range(1, ITEM_COUNTS[code] + 1)
    ]
    # Codes that no other instrument can have: all may be asked in one study.
    assert all(scale.scale.startswith(code) for scale in instrument.all_scales)
    # What may be missing comes from the source, or is an assumption.
    sourced = {"core10", "cbi", "eq_vas", "swemwbs", "sdq_self", "sdq_parent"}
    assert code in sourced or any(assumption.about == "missing items" for assumption in instrument.assumptions)


def test_ranges_bands_and_cut_offs_are_those_of_the_sources() -> None:
    instruments = [read_instrument(library_file(code)) for code in library_codes()]
    scales = [(instrument, scale) for instrument in instruments for scale in instrument.all_scales]
    extremes = [entry.split() for entry in EXTREMES.replace("\n", " ").split(",")]
    assert {scale.scale: instrument.score_range(scale) for instrument, scale in scales} == {
        scale: (float(low), float(high)) for scale, low, high in extremes
    }
    assert {scale.scale: [step.low for step in scale.bands.steps] for _, scale in scales if scale.bands} == BANDS
    assert {
        scale.scale: [f"{cut.direction} {cut.value:g}" for cut in scale.cut_offs] for _, scale in scales if scale.cut_offs
    } == CUT_OFFS
    importance = {scale.scale: getattr(scale, "importance", None) for _, scale in scales}
    assert {scale: stated.change for scale, stated in importance.items() if stated is not None} == IMPORTANT


def _study(tmp_path: Path, names: str) -> Path:
    """The small study with other instruments, of which the last is asked at T1 beside the others."""
    folder = Path(shutil.copytree(SMALL, tmp_path / "small_study"))
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    assert "instruments: [mood, drive]" in text
    file.write_text(text.replace("instruments: [mood, drive]", f"instruments: [{names}]"), encoding="utf-8")
    return folder


def test_a_study_takes_an_instrument_from_the_library(tmp_path: Path) -> None:
    folder = _study(tmp_path, "mood, drive, 'library:audit'")
    study = read_study(folder)
    assert [instrument.instrument for instrument in study.instruments] == ["mood", "drive", "audit"]
    assert study.block_codes("audit")[8] == "audit_09"
    tables = codebook_tables(study)
    answers = [row["answer"] for row in tables["item_answers"].to_pylist() if row["item"] == "audit_09"]
    assert answers == [0, 2, 4]
    bands = [row for row in tables["scale_bands"].to_pylist() if row["scale"] == "audit_total"]
    assert [(row["label"], row["starts_at"], row["ends_before"]) for row in bands] == [
        ("zone I", 0, 8), ("zone II", 8, 16), ("zone III", 16, 20), ("zone IV", 20, None),
    ]  # fmt: skip
    cut_offs = [row for row in tables["scale_cut_offs"].to_pylist() if row["scale"] == "audit_total"]
    assert [(row["cut_off"], row["side"]) for row in cut_offs] == [(8, "at_least")]


def test_a_library_file_is_one_of_the_definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library of a later version of the package scores differently: the definitions are others, and say which."""
    later = shutil.copytree(library_module.LIBRARY_FOLDER, tmp_path / "later")
    folder = _study(tmp_path, "mood, drive, 'library:phq9'")
    study = read_study(folder)
    assert "library:phq9" in study.definitions
    assert hash_definitions(study) == study.definitions
    with (later / "phq9.yaml").open("a", encoding="utf-8") as stream:
        stream.write("# another\n")
    monkeypatch.setattr(library_module, "LIBRARY_FOLDER", Path(later))
    now = hash_definitions(study)
    assert [name for name in now if now[name] != study.definitions[name]] == ["library:phq9"]
    assert read_study(folder).definitions_hash != study.definitions_hash


def _own_copy(code: str) -> Callable[[Path], None]:
    def copy(folder: Path) -> None:
        shutil.copy(library_file(code), folder / "instruments" / f"{code}.yaml")

    return copy


@pytest.mark.parametrize(
    ("names", "change", "message"),
    [
        (
            "mood, drive, 'library:phq'",
            lambda folder: None,
            "{folder}/study.yaml: instruments: phq: the library has no such instrument; do you mean phq9 or phq4 or phq2?",
        ),
        (
            "mood, drive, 'library:x'",
            lambda folder: None,
            "{folder}/study.yaml: instruments: x: the library has no such instrument; `wavehouse instruments` lists them",
        ),
        (
            "mood, drive, phq9",
            lambda folder: None,
            "{folder}/instruments/phq9.yaml: the file is missing; write it, or name the library's in study.yaml: library:phq9",
        ),
        (
            "mood, drive, phq9, 'library:phq9'",
            _own_copy("phq9"),
            "{folder}/study.yaml: instruments: 'phq9' is named twice; keep phq9, the study's own file, or library:phq9, the"
            " library's",
        ),
        (
            "mood, drive, 'Library:phq9'",
            lambda folder: None,
            "{folder}/study.yaml: instruments[2]: 'Library:phq9': string should match pattern"
            " '^(library:)?[a-z][a-z0-9_]{{0,62}}$'; give the instruments, by file name, or of the library, e.g. library:phq9",
        ),
    ],
)
def test_an_instrument_that_is_not_clearly_named_is_refused(
    names: str, change: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    folder = _study(tmp_path, names)
    change(folder)
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert without_line(refusal.value).replace("\\", "/") == message.format(folder=folder.as_posix())


def test_the_study_s_own_file_is_used_where_it_is_named(tmp_path: Path) -> None:
    folder = _study(tmp_path, "mood, drive, phq9")
    _own_copy("phq9")(folder)
    file = folder / "instruments/phq9.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("minimum_answered: 1\n", "minimum_answered: 0.7\n"), encoding="utf-8"
    )
    study = read_study(folder)
    assert "library:phq9" not in study.definitions and "instruments/phq9.yaml" in study.definitions
    (row,) = [row for row in codebook_tables(study)["scales"].to_pylist() if row["scale"] == "phq9_total"]
    assert row["minimum_answered"] == 7
