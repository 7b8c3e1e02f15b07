"""The joint display: each proposition with the numbers, the interviews, and people's judgement of both.

Belongs here: setting both side by side, and whether a judgement is of the current evidence. Does not belong here:
judging a claim (claims.py), reading interviews (segments/), HTML.

After Guetterman, Fetters and Creswell (2015): quantitative and qualitative results side by side, with the inference drawn.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.markdown import markdown_table
from dagster_project.results import ResultRow
from dagster_project.study import Study
from dagster_project.synthesis.claims import NOT_TESTABLE, VERDICTS, JudgedClaim, judge_claims
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.propositions import Judgement, Proposition, PropositionFile


@dataclass(frozen=True)
class CodeCount:
    """How often a code occurs in the interviews: segments, people, and segments by wave."""

    code: str
    segments: int
    people: int
    by_wave: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Quote:
    """A segment that the study chose to quote. person: a pseudonym. location: in the source file."""

    segment_id: str
    code: str
    person: str | None
    wave: str | None
    text: str
    source_file: str
    location: str


@dataclass(frozen=True)
class JointRow:
    """A proposition of the joint display.

    evidence: a hash of all verdicts and segments. is_stale: whether the judgement was of other evidence.
    """

    proposition: str
    position: int
    statement: str
    claims: tuple[JudgedClaim, ...]
    codes: tuple[CodeCount, ...]
    segments: int
    people: int
    interviews: str | None
    quotes: tuple[Quote, ...]
    judgement: Judgement | None
    evidence: str

    @property
    def counts(self) -> dict[str, int]:
        """Claims by verdict."""
        return {verdict: sum(claim.verdict == verdict for claim in self.claims) for verdict in VERDICTS}

    @property
    def is_stale(self) -> bool:
        return self.judgement is not None and self.judgement.evidence not in (None, self.evidence)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the judgement should be reviewed, and what to write then."""
        if self.judgement is None:
            return ()
        instruction = f'judge again, then write evidence: "{self.evidence}" and judged_on under judgement'
        doubts = []
        if self.judgement.evidence is None:
            doubts.append(f"the judgement does not record its evidence; {instruction}")
        elif self.is_stale:
            doubts.append(f"claims or segments have changed since the judgement; {instruction}")
        if self.judgement.verdict == "silent" and self.silence is None:
            doubts.append("the verdict is silent, but both sides have evidence")
        if self.judgement.verdict == "convergent" and self.counts["contradicted"] and not self.judgement.memo:
            doubts.append("the verdict is convergent despite a contradicted claim, without a memo; explain why in a memo")
        return tuple(doubts)

    @property
    def verdict(self) -> str:
        """The judged verdict, or "not yet judged"; without a judgement, "silent" where a side has no evidence."""
        if self.judgement is not None:
            return self.judgement.verdict
        return "silent" if self.silence else "not yet judged"

    @property
    def silence(self) -> str | None:
        """Which side has no evidence: the numbers, the interviews or both."""
        silent_sides = [
            *(["the numbers"] if all(claim.verdict == NOT_TESTABLE for claim in self.claims) else []),
            *(["the interviews"] if not self.segments else []),
        ]
        return f"{' and '.join(silent_sides)} say nothing" if silent_sides else None


@dataclass(frozen=True)
class SegmentRow:
    """A coding. path: the names of the code's ancestors and its own. person: a pseudonym. place: in the source file.

    text: None for a selection in a picture, audio or video.
    """

    segment_id: str
    path: Sequence[str]
    person: str | None
    wave: str | None
    text: str | None
    source_file: str
    place: str


def joint_display(
    proposition_file: PropositionFile,
    results: Mapping[str, ResultRow],
    segments: Sequence[SegmentRow],
    study: Study,
    codes: Iterable[Sequence[str]] = (),
) -> tuple[JointRow, ...]:
    """Every proposition with its evidence and judgement.

    segments: one row a coding; none without interviews. codes: the paths of all codes, used or not. A segment counts for
    its code and for the ancestors of the code. Raises SynthesisError when a proposition names a code or a segment that does
    not exist.
    """
    rows_by_path: dict[tuple[str, ...], list[SegmentRow]] = {path: [] for path in _with_ancestors(codes)}
    for row in segments:
        for path in _with_ancestors([row.path]):
            rows_by_path.setdefault(path, []).append(row)
    rows = []
    for position, proposition in enumerate(proposition_file.propositions, start=1):
        location = f"{study.folder / 'propositions.yaml'}: {proposition.proposition}"
        rows_by_code = {code: rows_by_path[_resolve_code(code, rows_by_path, location)] for code in proposition.codes}
        claims = judge_claims(proposition, results, study)
        counts = tuple(_code_count(code, rows_by_code[code], study) for code in proposition.codes)
        row_by_segment = {row.segment_id: row for code in proposition.codes for row in rows_by_code[code]}
        rows.append(
            JointRow(
                proposition=proposition.proposition,
                position=position,
                statement=proposition.statement,
                claims=claims,
                codes=counts,
                segments=len(row_by_segment),
                people=_people_count(row_by_segment.values()),
                interviews=proposition.interviews,
                quotes=tuple(_quotes(proposition, row_by_segment, location)),
                judgement=proposition.judgement,
                evidence=_evidence_hash(claims, row_by_segment),
            )
        )
    return tuple(rows)


def check_codes(proposition_file: PropositionFile, codes: Iterable[Sequence[str]], study: Study) -> list[str]:
    """A line for each code of a proposition that the interviews do not have, or that is ambiguous."""
    paths = _with_ancestors(codes)
    problems = []
    for proposition in proposition_file.propositions:
        for code in proposition.codes:
            try:
                _resolve_code(code, paths, f"{study.folder / 'propositions.yaml'}: {proposition.proposition}")
            except SynthesisError as error:
                problems.append(str(error))
    return problems


def _with_ancestors(codes: Iterable[Sequence[str]]) -> dict[tuple[str, ...], None]:
    """The paths of codes and of all their ancestors, each once."""
    return dict.fromkeys(tuple(path[:length]) for path in codes for length in range(1, len(path) + 1))


def _resolve_code(code: str, paths: Iterable[tuple[str, ...]], location: str) -> tuple[str, ...]:
    """The path of a code that a proposition names by its name alone or after the names of ancestors.

    A complete path takes precedence over longer paths that end in it. Raises SynthesisError when none or several match.
    """
    reference = _path_text([code])
    path_texts = {path: _path_text(path) for path in paths}
    matches = [path for path, path_text in path_texts.items() if path_text == reference] or [
        path for path, path_text in path_texts.items() if path_text.endswith(f" > {reference}")
    ]
    if len(matches) > 1:
        candidates = ", ".join(sorted(path_texts[path] for path in matches))
        raise SynthesisError(f"{location}: codes: the code {code!r} is ambiguous: {candidates}; give the full path")
    if not matches:
        # A name that several codes have is listed with its path.
        names = [path[-1] for path in path_texts]
        listing = {path[-1] if names.count(path[-1]) == 1 else path_text for path, path_text in path_texts.items()}
        raise SynthesisError(
            f"{location}: codes: the interviews have no code {code!r}; the codes are"
            f" {', '.join(sorted(listing)) or 'none, as no interviews are declared'}"
        )
    return matches[0]


def _path_text(path: Sequence[str]) -> str:
    return " > ".join(" ".join(part.split()) for name in path for part in name.split(">"))


def _code_count(code: str, rows: Sequence[SegmentRow], study: Study) -> CodeCount:
    waves = [wave.wave for wave in study.protocol.waves]
    by_wave = tuple((wave, _segment_count(row for row in rows if row.wave == wave)) for wave in waves)
    return CodeCount(
        code, _segment_count(rows), _people_count(rows), tuple((wave, count) for wave, count in by_wave if count)
    )


def _segment_count(rows: Iterable[SegmentRow]) -> int:
    """Codings of the same passage by two coders count as one segment."""
    return len({row.segment_id for row in rows})


def _people_count(rows: Iterable[SegmentRow]) -> int:
    return len({row.person for row in rows if row.person is not None})


def _quotes(proposition: Proposition, row_by_segment: Mapping[str, SegmentRow], location: str) -> Iterable[Quote]:
    for segment_id in proposition.quotes:
        if segment_id not in row_by_segment:
            raise SynthesisError(
                f"{location}: quotes: {segment_id!r} is not a segment with a code of this proposition; correct the id"
            )
        row = row_by_segment[segment_id]
        if not row.text:
            raise SynthesisError(
                f"{location}: quotes: {segment_id!r} is a selection in a picture, audio or video and has no text;"
                " choose another"
            )
        yield Quote(segment_id, row.path[-1], row.person, row.wave, row.text, row.source_file, row.place)


def _evidence_hash(claims: Sequence[JudgedClaim], segment_ids: Iterable[str]) -> str:
    """The first 8 digits of the SHA-256 of the evidence that a judgement is of: verdicts and segments."""
    evidence = [[[claim.claim_id, claim.verdict] for claim in claims], sorted(segment_ids)]
    return hashlib.sha256(json.dumps(evidence, sort_keys=True).encode()).hexdigest()[:8]


def display_markdown(rows: Sequence[JointRow]) -> str:
    """The joint display for Dagster: a table of propositions, then one of the claims that are not supported."""
    propositions = []
    for row in rows:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in row.counts.items() if count)
        segment_words = f"{row.segments} segments of {row.people} people" if row.segments else "—"
        doubts = "".join(f"; **{doubt}**" for doubt in row.doubts)
        propositions.append((f"{row.position}. {row.statement}", counts or "—", segment_words, row.verdict + doubts))
    display = markdown_table(("proposition", "numbers", "interviews", "judged"), propositions)
    unsupported = [(row, claim) for row in rows for claim in row.claims if claim.verdict != "supported"]
    if not unsupported:
        return display
    claims = [(row.position, claim.statement, f"**{claim.verdict}**", claim.reason) for row, claim in unsupported]
    return f"{display}\n\n{markdown_table(('', 'claim', 'verdict', 'why'), claims)}"
