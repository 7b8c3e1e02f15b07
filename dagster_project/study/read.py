"""Reading a study folder: YAML in, one validated `Study` out, errors as one line with file, key, value and remedy.

Belongs here: opening the definition files, their hashes, checking them against each other. Does not belong here: the checks
of exports (export_checks.py).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from dagster_project.readable_files import outside_words, place_outside, read_whole
from dagster_project.study.careless import careless_error
from dagster_project.study.concealment import concealed_protocol
from dagster_project.study.definition_faults import definition_fault, yaml_fault
from dagster_project.study.duration import DURATION
from dagster_project.study.errors import StudyError
from dagster_project.study.export_checks import check_export
from dagster_project.study.extensions import TABLES_FILE, extension_files
from dagster_project.study.gates import check_answers, gates_of, gating_conditions
from dagster_project.study.instruments import Instrument
from dagster_project.study.library import (
    LIBRARY_PREFIX,
    code_of,
    definition_file,
    instrument_definition,
    library_codes,
    library_file,
)
from dagster_project.study.norm_checks import check_norms
from dagster_project.study.norms import NormFile
from dagster_project.study.once import CommonKeys, Content
from dagster_project.study.ordinal import ordinal_error
from dagster_project.study.own_tables import OwnTables
from dagster_project.study.planned_checks import check_conditions
from dagster_project.study.protocol import Protocol
from dagster_project.study.questions import refuse_open_questions
from dagster_project.study.study import Study
from dagster_project.study.variant_study import variant_study
from dagster_project.study.yaml_text import load_yaml

Model = TypeVar("Model", bound=BaseModel)


def read_study(folder: Path) -> Study:
    """Read and validate a study folder.

    Raises StudyError with one line that names the file, the key, the value and the remedy.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StudyError(f"{folder}: there is no such study folder; check the path or WAVEHOUSE_STUDY")
    protocol_file = folder / "study.yaml"
    content = _read_bytes(protocol_file)
    protocol = _parse(protocol_file, content, Protocol)
    hashes = {"study.yaml": _sha256(content)}
    _refuse_places_outside(folder, protocol, protocol_file)
    instruments = _read_instruments(folder, protocol, protocol_file, hashes)
    norms = _read_optional(norms_file := folder / "norms.yaml", NormFile, hashes)
    tables = _read_optional(folder / TABLES_FILE, OwnTables, hashes)
    # Files parsed above have the hash of the bytes that were parsed, the others that of the file as it is now.
    definitions = _hashes_of_files(folder, protocol) | hashes
    if protocol.measures is not None:
        instruments = (*instruments, protocol.measures.instrument)
    study = Study(folder, protocol, instruments, norms, definitions, tables)
    _check_scales(study, protocol_file)
    _check_codes(study, protocol_file)
    _check_gates(study, protocol_file)
    check_norms(study, norms_file)
    if error := careless_error(protocol, instruments) or ordinal_error(protocol.ordinal_reliability, study.scales):
        raise StudyError(f"{protocol_file}: {error}")
    for index, export in enumerate(protocol.exports):
        check_export(study, export, f"{protocol_file}: exports[{index}]")
    check_conditions(study, protocol_file)
    _check_variants(study, protocol_file)
    # Last: what does not fit is said of the files as they are.
    return replace(study, protocol=concealed_protocol(protocol))


def _refuse_places_outside(folder: Path, protocol: Protocol, protocol_file: Path) -> None:
    """Whoever wrote a study does not decide what else of this machine it reads."""
    paths = {f"exports[{index}].folder": export.folder for index, export in enumerate(protocol.exports)}
    for index, export in enumerate(protocol.exports):
        paths |= {f"exports[{index}]": export.description} if export.description is not None else {}
    for key, path in paths.items():
        refuse_place_outside(folder, path, f"{protocol_file}: {key}")
    for name in _definition_files(folder, protocol):
        if not name.startswith(LIBRARY_PREFIX):
            refuse_place_outside(folder, name, str(protocol_file))


def refuse_place_outside(folder: Path, path: str, location: str) -> None:
    """Raise StudyError for a path of a definition that leads out of the study's folder and into no root. location: what
    names the path."""
    if (target := place_outside(folder, folder / path)) is not None:
        raise StudyError(f"{location}: {path!r} {outside_words(target)}")


def _read_instruments(
    folder: Path, protocol: Protocol, protocol_file: Path, hashes: dict[str, str]
) -> tuple[Instrument, ...]:
    """The study's instruments, its own and the library's. hashes: those of their files are added."""
    instruments = []
    _check_instrument_names(protocol, protocol_file)
    common_keys = CommonKeys(protocol.better, protocol.reversed)
    for name in protocol.instruments:
        definition, code = instrument_definition(name), code_of(name)
        file = definition_file(folder, definition)
        if not file.exists() and code in library_codes():
            raise StudyError(
                f"{file}: the file is missing; write it, or name the library's in study.yaml: {LIBRARY_PREFIX}{code}"
            )
        content = _read_bytes(file)
        hashes[definition] = _sha256(content)
        complete = None if name.startswith(LIBRARY_PREFIX) else partial(common_keys.complete, code)
        instrument = _parse(file, content, Instrument, complete)
        if instrument.instrument != code:
            raise StudyError(
                f"{file}: instrument: {instrument.instrument!r} is not the file's name; write {code!r} or rename the file"
            )
        instruments.append(instrument)
    common_keys.refuse_unused(protocol_file)
    return tuple(instruments)


def hash_definitions(study: Study) -> dict[str, str]:
    """The SHA-256 of every definition file of a study as the files are now, by its name below the study folder.

    Definition files are all files that a run reads there except exports and interviews: the protocol, the instruments,
    norms, propositions, the authors' answers to checklists, the published table, the exports' dictionaries and
    catalogues, what the study adds of its own; and as library:CODE the library's instruments that the study names.
    """
    return _hashes_of_files(study.folder, study.protocol)


def _definition_files(folder: Path, protocol: Protocol) -> Iterator[str]:
    yield "study.yaml"
    yield from map(instrument_definition, protocol.instruments)
    yield from ("norms.yaml", "propositions.yaml", "checklists.yaml")
    if protocol.published is not None:
        yield protocol.published.file
    yield from (export.description for export in protocol.exports if export.description is not None)
    yield from extension_files(folder)


def _hashes_of_files(folder: Path, protocol: Protocol) -> dict[str, str]:
    """The SHA-256 of each definition file that exists. A missing one is reported where it is needed."""
    files = {name: definition_file(folder, name) for name in _definition_files(folder, protocol)}
    return {name: _sha256(_read_bytes(file)) for name, file in files.items() if file.exists() and not file.is_dir()}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_instrument(file: Path) -> Instrument:
    """An instrument file, read without a study. Raises StudyError as `read_study` does."""
    return read_definition(Path(file), Instrument)


def read_definition(file: Path, model: type[Model]) -> Model:
    """A definition file as a model.

    Raises StudyError with one line that names the file, the key, the value and the remedy.
    """
    return _parse(file, _read_bytes(file), model)


def _read_bytes(file: Path) -> bytes:
    try:
        return read_whole(file, "definition_bytes", refusal=StudyError)
    except FileNotFoundError:
        raise StudyError(f"{file}: the file is missing; write it or take its name out of study.yaml") from None


def _read_optional(file: Path, model: type[Model], hashes: dict[str, str]) -> Model:
    """A file that a study may do without. hashes: its own is added."""
    if not file.exists():
        return model()
    content = _read_bytes(file)
    hashes[file.name] = _sha256(content)
    return _parse(file, content, model)


def _parse(
    file: Path,
    data: bytes,
    model: type[Model],
    complete: Callable[[Content], Content] | None = None,
) -> Model:
    """complete: adds what is said elsewhere to the file's content."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    try:
        content = load_yaml(text)
    except yaml.MarkedYAMLError as error:
        raise StudyError(f"{file}: {yaml_fault(error)}") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{file}: not YAML ({str(error).splitlines()[0]}); save it as plain text") from None
    if not isinstance(content, dict):
        raise StudyError(f"{file}: the file holds no keys; start it with {next(iter(model.model_fields))}:")
    refuse_open_questions(content, file)
    try:
        return model.model_validate(content if complete is None else complete(content))
    except ValidationError as error:
        raise StudyError(f"{file}: {definition_fault(error, model, text)}") from None
    except ValueError as error:
        raise StudyError(f"{file}: {error}") from None


def _check_instrument_names(protocol: Protocol, file: Path) -> None:
    codes = [code_of(name) for name in protocol.instruments]
    for name, code in zip(protocol.instruments, codes, strict=True):
        if codes.count(code) > 1:
            raise StudyError(
                f"{file}: instruments: {code!r} is named twice; keep {code}, the study's own file, or"
                f" {LIBRARY_PREFIX}{code}, the library's"
            )
        if name.startswith(LIBRARY_PREFIX):
            try:
                library_file(code)
            except StudyError as error:
                raise StudyError(f"{file}: instruments: {error}") from None


def _check_scales(study: Study, file: Path) -> None:
    instrument_of_scale: dict[str, str] = {}
    for instrument in study.instruments:
        for scale in instrument.all_scales:
            if scale.scale in instrument_of_scale:
                raise StudyError(
                    f"{_file_of(study, instrument)}: scale {scale.scale!r} is also"
                    f" defined by {instrument_of_scale[scale.scale]}; scale codes are unique in a study, so rename one"
                )
            instrument_of_scale[scale.scale] = instrument.instrument
    or_measures = " and no score or number of measures" if study.measures else ""
    for family in study.protocol.plan.families:
        if unknown := [outcome for outcome in family.outcomes if outcome not in instrument_of_scale]:
            raise StudyError(
                f"{file}: plan: family {family.family} names {unknown[0]!r}, which is not a scale of any instrument"
                f"{or_measures}"
            )
    for outcome in study.protocol.outcomes:
        if outcome not in instrument_of_scale:
            raise StudyError(
                f"{file}: outcomes: {outcome!r} is not a scale of any instrument{or_measures}; the scales are"
                f" {', '.join(instrument_of_scale)}"
            )


def _file_of(study: Study, instrument: Instrument) -> Path:
    """The file that declares an instrument."""
    names = {code_of(name): name for name in study.protocol.instruments}
    if instrument.instrument not in names:
        return study.folder / "study.yaml"
    return definition_file(study.folder, instrument_definition(names[instrument.instrument]))


def _check_codes(study: Study, file: Path) -> None:
    """A code has one meaning in a study: results and traces refer to scales, services, variables and items by code alone."""
    service_use = study.protocol.service_use
    codes_by_kind = {
        "scale": list(study.scales),
        "service": [service.service for service in service_use.services] if service_use else [],
        "participant variable": [variable.variable for variable in study.protocol.participant_variables],
        "measure": [measure.measure for measure in study.categorical_measures],
        "item": [item for instrument in study.instruments for item in instrument.item_codes if item not in study.measures],
    }
    if any(export.duration for export in study.protocol.exports):
        codes_by_kind["column of each export with a duration"] = [DURATION]
    kind_of_code: dict[str, str] = {}
    for kind, codes in codes_by_kind.items():
        for code in codes:
            if kind_of_code.setdefault(code, kind) != kind:
                raise StudyError(
                    f"{file}: {code!r} is the code of a {kind_of_code[code]} and of a {kind}; rename one of them"
                )


def _check_gates(study: Study, protocol_file: Path) -> None:
    """Whether an item is asked is decided by items of the study; gates of several instruments do not go round."""
    items = {
        code: (instrument, position)
        for instrument in study.instruments
        for position, code in enumerate(instrument.item_codes, start=1)
    }
    variables = [variable.variable for variable in study.protocol.participant_variables]
    for instrument in study.instruments:
        file = _file_of(study, instrument)
        for condition in gating_conditions(instrument):
            if condition.item not in items:
                kind = "a participant variable" if condition.item in variables else "no item of an instrument of the study"
                raise StudyError(
                    f"{file}: asked_if: {condition.item!r} is {kind}; what is asked is decided by an item of the same wave:"
                    " give its position in this instrument, or its code, e.g. phq9_10"
                )
            try:
                check_answers(condition, *items[str(condition.item)])
            except ValueError as error:
                raise StudyError(f"{file}: {error}") from None
    try:
        gates_of(study.instruments)
    except ValueError as error:
        raise StudyError(f"{protocol_file}: instruments: {error}") from None


def _check_variants(study: Study, file: Path) -> None:
    for variant in study.protocol.variants:
        try:
            variant_study(study, variant)
        except ValueError as error:
            raise StudyError(f"{file}: {error}") from None
