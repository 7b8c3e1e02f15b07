"""Propositions and interviews before a run. Belongs here: reading both, and saying in lines what fits and what does not.
Does not belong here: the roster and the results, which only a run knows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dagster_project.exports import ExportError
from dagster_project.study import Study, StudyError
from dagster_project.synthesis.display import check_codes, joint_display
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.propositions import PropositionFile, read_propositions
from dagster_project.synthesis.segments import CodedFile, read_interviews, segment_ids, why_unplaced


@dataclass(frozen=True)
class Finding:
    """One line of a check. about: propositions, or a file of interviews."""

    about: str
    words: str
    is_error: bool = False
    is_warning: bool = False


def check_synthesis(study: Study) -> Iterator[Finding]:
    """What there is, what is set aside by reason, and what is wrong; nothing where a study declares no propositions."""
    try:
        declared = read_propositions(study)
    except (StudyError, SynthesisError) as error:
        yield Finding("propositions", str(error), is_error=True)
        return
    if declared is None:
        return
    claims = sum(len(one.claims) for one in declared.propositions)
    yield Finding("propositions", f"{len(declared.propositions)}, with {claims} claims")
    files: list[CodedFile] = []
    for interviews in declared.interviews:
        try:
            data = (study.folder / interviews.file).read_bytes()
            file = read_interviews(data, interviews.file, interviews)
        except (SynthesisError, ExportError, OSError) as error:
            yield Finding(interviews.file, str(error).removeprefix(f"{interviews.file}: "), is_error=True)
            continue
        files.append(file)
        yield from _counts(interviews.file, file, study)
    if len(files) == len(declared.interviews):
        for problem in _problems(declared, files, study):
            yield Finding("propositions", problem, is_error=True)


def _counts(name: str, file: CodedFile, study: Study) -> Iterator[Finding]:
    waves = {wave.wave for wave in study.protocol.waves}
    reasons = Counter(reason for one in file.codings if (reason := why_unplaced(one, waves)))
    reasons.update(one.reason for one in file.lost)
    yield Finding(name, f"{file.counted - file.speakers} codings, {reasons.total()} set aside")
    for reason, count in reasons.most_common():
        yield Finding(name, f"{count} set aside: {reason}", is_warning=True)


def _problems(declared: PropositionFile, files: list[CodedFile], study: Study) -> list[str]:
    """Codes and quotes that the interviews do not have."""
    codes = [code.path for file in files for code in file.codes]
    if problems := check_codes(declared, codes, study):
        return problems
    codings = [one for file in files for one in file.codings]
    waves = {wave.wave for wave in study.protocol.waves}
    segments = [
        {"segment_id": name, "path": one.code.path, "person": one.person, "wave": one.wave, "text": one.text,
         "source_file": "", "place": one.place}
        for name, one in zip(segment_ids(codings), codings, strict=True)
        if why_unplaced(one, waves) is None
    ]  # fmt: skip
    try:
        joint_display(declared, {}, segments, study, codes)
    except SynthesisError as error:
        return [str(error)]
    return []
