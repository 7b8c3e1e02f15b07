"""Checks of propositions and interviews before a run. Belongs here: reading both and reporting problems, a line each.
Does not belong here: the roster and the results, which only a run has."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dagster_project.exports import ExportError
from dagster_project.readable_files import read_whole
from dagster_project.study import Study, StudyError
from dagster_project.synthesis.claims import names_concealed_group
from dagster_project.synthesis.display import SegmentRow, check_codes, joint_display
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.propositions import Claim, LevelCondition, PropositionFile, read_propositions
from dagster_project.synthesis.segments import CodedFile, read_interviews, segment_ids, unplaced_reason


@dataclass(frozen=True)
class Finding:
    """A line of a check's report. about: propositions, or the name of an interview file."""

    about: str
    words: str
    is_error: bool = False
    is_warning: bool = False


def check_synthesis(study: Study) -> Iterator[Finding]:
    """Counts, what is set aside and why, and errors; no findings where a study declares no propositions."""
    try:
        proposition_file = read_propositions(study)
    except (StudyError, SynthesisError) as error:
        yield Finding("propositions", str(error), is_error=True)
        return
    if proposition_file is None:
        return
    claim_count = sum(len(proposition.claims) for proposition in proposition_file.propositions)
    yield Finding("propositions", f"{len(proposition_file.propositions)}, with {claim_count} claims")
    if n_waiting := sum(_waits(claim, study) for entry in proposition_file.propositions for claim in entry.claims):
        names = "1 claim names a group" if n_waiting == 1 else f"{n_waiting} claims name groups"
        yield Finding("propositions", f"{names}, and groups are concealed: not judged until they are unblinded")
    coded_files: list[CodedFile] = []
    for interviews in proposition_file.interviews:
        try:
            data = read_whole(study.folder / interviews.file, "interview_bytes", interviews.file, SynthesisError)
            coded_file = read_interviews(data, interviews.file, interviews)
        except (SynthesisError, ExportError, OSError) as error:
            yield Finding(interviews.file, str(error).removeprefix(f"{interviews.file}: "), is_error=True)
            continue
        coded_files.append(coded_file)
        yield from _coding_counts(interviews.file, coded_file, study)
    if len(coded_files) == len(proposition_file.interviews):
        for problem in _problems(proposition_file, coded_files, study):
            yield Finding("propositions", problem, is_error=True)


def _waits(claim: Claim, study: Study) -> bool:
    """Whether a claim has a number of a group that is named while groups are concealed."""
    conditions = (condition for condition in claim.conditions if isinstance(condition, LevelCondition))
    return any(names_concealed_group(row_id, study) for condition in conditions for row_id in condition.results)


def _coding_counts(name: str, file: CodedFile, study: Study) -> Iterator[Finding]:
    waves = {wave.wave for wave in study.protocol.waves}
    reasons = Counter(reason for coding in file.codings if (reason := unplaced_reason(coding, waves)))
    reasons.update(unusable.reason for unusable in file.unusable)
    yield Finding(name, f"{file.coding_count - file.speaker_count} codings, {reasons.total()} set aside")
    for reason, count in reasons.most_common():
        yield Finding(name, f"{count} set aside: {reason}", is_warning=True)


def _problems(proposition_file: PropositionFile, files: list[CodedFile], study: Study) -> list[str]:
    """Codes and quotes that do not occur in the interviews."""
    codes = [code.path for file in files for code in file.codes]
    if problems := check_codes(proposition_file, codes, study):
        return problems
    codings = [coding for file in files for coding in file.codings]
    waves = {wave.wave for wave in study.protocol.waves}
    segments = [
        SegmentRow(segment_id, coding.code.path, coding.person, coding.wave, coding.text, "", coding.location)
        for segment_id, coding in zip(segment_ids(codings), codings, strict=True)
        if unplaced_reason(coding, waves) is None
    ]  # fmt: skip
    try:
        joint_display(proposition_file, {}, segments, study, codes)
    except SynthesisError as error:
        return [str(error)]
    return []
