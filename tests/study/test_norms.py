"""Norms as norms.yaml declares them: which is the main one, what the others are called, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from meaning_study import write_study

from dagster_project.study import Study, StudyError, codebook_tables, read_study
from tests.refusal_lines import without_line

Norms = dict[str, list[dict[str, object]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_study(tmp_path / "meaning_study", [])


def _read(folder: Path, change: Callable[[Norms], object]) -> Study:
    file = folder / "norms.yaml"
    norms = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(norms)
    file.write_text(yaml.safe_dump(norms, sort_keys=False), encoding="utf-8")
    return read_study(folder)


def test_a_scale_may_have_several_norms_and_one_of_them_is_the_main_one(folder: Path) -> None:
    study = read_study(folder)
    assert [(entry.norm.sample, entry.category) for entry in study.norms.of_scale("gad7_total")] == [
        ("patients", None), ("general_gad7", "general_gad7"),
    ]  # fmt: skip
    swapped = _read(folder, lambda norms: norms.update(main={"gad7": "general_gad7"}))  # type: ignore[call-overload]
    assert [(entry.norm.sample, entry.category) for entry in swapped.norms.of_scale("gad7_total")] == [
        ("general_gad7", None), ("patients", "patients"),
    ]  # fmt: skip
    assert swapped.norms.of_scale("who5_index") == () and swapped.norms.main_of("who5_index") is None
    norms = codebook_tables(swapped)["norms"].to_pylist()
    assert [(row["scale"], row["sample"], row["is_main"]) for row in norms if row["scale"] == "gad7_total"] == [
        ("gad7_total", "general_gad7", True), ("gad7_total", "patients", False),
    ]  # fmt: skip
    scales = {row["scale"]: row["norm_mean"] for row in codebook_tables(swapped)["scales"].to_pylist()}
    assert (scales["gad7_total"], scales["phq9_total"], scales["who5_index"]) == (3, 2.9, None)
    # A scale that the main sample says nothing of has other norms alone.
    others = _read(folder, lambda norms: norms["norms"].pop(2))
    assert [entry.norm.sample for entry in others.norms.of_scale("gad7_total")] == ["patients"]
    assert others.norms.main_of("gad7_total") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda norms: norms.pop("main"),
            "main: gad7 has the norm samples patients, general_gad7; which of them is the main norm, which tables and sentences"
            " compare with? Write it, e.g. main: {gad7: patients}",
        ),
        (
            lambda norms: norms.update(main={"gad7": "general"}),
            "main: 'general' is no sample of gad7; its samples are patients, general_gad7",
        ),
        (
            lambda norms: norms.update(main={"gad7": "patients", "gad": "patients"}),
            "main: 'gad' is the instrument of no sample; take it out or correct it",
        ),
        (
            lambda norms: norms["norms"].append({"scale": "gad7_total", "sample": "patients", "mean": 11, "sd": 4}),
            "norms: scale 'gad7_total' has two norms of sample 'patients'; keep one",
        ),
        (
            lambda norms: norms["samples"].append(norms["samples"][0]),
            "samples: 'general' stands twice; keep one, or give the other a code of its own",
        ),
        (
            lambda norms: norms["norms"].append({"scale": "gad_total", "sample": "patients", "mean": 11, "sd": 4}),
            "norms[4].scale: 'gad_total' is not a scale of any instrument; the scales are phq9_total, gad7_total, who5_index,"
            " brs_mean, pss4_total, habits_total",
        ),
        (
            lambda norms: norms["norms"].append({"scale": "phq9_total", "sample": "patients", "mean": 11, "sd": 4}),
            "norms[4].sample: 'patients' is a sample of gad7, and phq9_total is a scale of phq9; list the sample under a code"
            " of its own with instrument: phq9",
        ),
        (
            lambda norms: norms["samples"][0].update(instrument="phq"),
            "samples[0].instrument: 'phq' is not an instrument of the study; they are phq9, gad7, who5, brs, pss4, habits",
        ),
        (
            lambda norms: norms["norms"][0].update(sd=0),
            "norms[0].sd: 0: input should be greater than 0; give the sample's standard deviation, above 0",
        ),
        (
            lambda norms: norms["norms"][0].update(mean=float("nan")),
            "norms[0].mean: nan: input should be a finite number; give the sample's mean, a number",
        ),
        (
            lambda norms: norms["samples"][0].update(n=1),
            "samples[0].n: 1: input should be greater than or equal to 2; give how many people (an SD needs two), or leave out"
            " if unknown",
        ),
    ],
)
def test_what_cannot_be_a_norm_is_one_line(folder: Path, change: Callable[[Norms], object], message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(folder, change)
    assert without_line(refusal.value) == f"{folder}/norms.yaml: {message}"
