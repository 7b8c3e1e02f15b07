"""The joint display: each proposition with what the numbers say, what the interviews say, and what people made of both.

Belongs here: putting both beside each other, and telling whether a judgement still fits what it judged. Does not belong
here: judging a claim (claims.py), reading interviews (segments/), HTML.

After Guetterman, Fetters and Creswell (2015): quantitative and qualitative results side by side, with the inference drawn.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.results import ResultRow
from dagster_project.study import Study
from dagster_project.synthesis.claims import NOT_TESTABLE, VERDICTS, JudgedClaim, judge_claims
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.propositions import Judgement, Proposition, PropositionFile


@dataclass(frozen=True)
class CodeCount:
    """How much of the interviews has a code: segments, people, and segments by wave."""

    code: str
    segments: int
    people: int
    by_wave: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Quote:
    """A segment that the study chose to quote. person: a pseudonym."""

    segment_id: str
    code: str
    person: str | None
    wave: str | None
    text: str
    source_file: str
    place: str


@dataclass(frozen=True)
class JointRow:
    """One proposition of the joint display.

    evidence: a mark of all verdicts and segments. is_stale: whether the judgement was made of other evidence.
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
        """Why the judgement should be looked at again, and what to write then."""
        if self.judgement is None:
            return ()
        write = f'judge again, then write evidence: "{self.evidence}" and judged_on under judgement'
        found = []
        if self.judgement.evidence is None:
            found.append(f"it does not say of which evidence it was made; {write}")
        elif self.is_stale:
            found.append(f"claims or segments are not those that were judged; {write}")
        if self.judgement.verdict == "silent" and self.silence is None:
            found.append("it says silent, and both numbers and interviews speak")
        if self.judgement.verdict == "convergent" and self.counts["contradicted"] and not self.judgement.memo:
            found.append("it says convergent beside a contradicted claim, without a memo; write why")
        return tuple(found)

    @property
    def verdict(self) -> str:
        """What people judged, or that they have not; silent where one side has nothing to say."""
        if self.judgement is not None:
            return self.judgement.verdict
        return "silent" if self.silence else "not yet judged"

    @property
    def silence(self) -> str | None:
        """Which side has nothing to say."""
        quiet = [
            *(["the numbers"] if all(claim.verdict == NOT_TESTABLE for claim in self.claims) else []),
            *(["the interviews"] if not self.segments else []),
        ]
        return f"{' and '.join(quiet)} say nothing" if quiet else None


Segments = Sequence[Mapping[str, Any]]


def joint_display(
    declared: PropositionFile,
    results: Mapping[str, ResultRow],
    segments: Segments,
    study: Study,
    codes: Iterable[Sequence[str]] = (),
) -> tuple[JointRow, ...]:
    """Every proposition, judged.

    segments: rows with segment_id, path (the code's name after those above it), person (a pseudonym), wave, text,
    source_file, place, one a coding; none where no interviews are declared. codes: the paths of all codes, used or not. A
    segment counts for its code and for those above it. Raises SynthesisError when a proposition names a code or a segment
    that they do not have.
    """
    by_path: dict[tuple[str, ...], list[Mapping[str, Any]]] = {path: [] for path in _with_above(codes)}
    for row in segments:
        for path in _with_above([row["path"]]):
            by_path.setdefault(path, []).append(row)
    rows = []
    for position, proposition in enumerate(declared.propositions, start=1):
        where = f"{study.folder / 'propositions.yaml'}: {proposition.proposition}"
        by_code = {code: by_path[_meant(code, by_path, where)] for code in proposition.codes}
        claims = judge_claims(proposition, results, study)
        counts = tuple(_count(code, by_code[code], study) for code in proposition.codes)
        mine = {row["segment_id"]: row for code in proposition.codes for row in by_code[code]}
        rows.append(
            JointRow(
                proposition=proposition.proposition,
                position=position,
                statement=proposition.statement,
                claims=claims,
                codes=counts,
                segments=len(mine),
                people=_people(mine.values()),
                interviews=proposition.interviews,
                quotes=tuple(_quotes(proposition, mine, where)),
                judgement=proposition.judgement,
                evidence=_mark(claims, mine),
            )
        )
    return tuple(rows)


def check_codes(declared: PropositionFile, codes: Iterable[Sequence[str]], study: Study) -> list[str]:
    """One line for each code that a proposition names and the interviews do not have, or have several times."""
    known = _with_above(codes)
    problems = []
    for proposition in declared.propositions:
        for code in proposition.codes:
            try:
                _meant(code, known, f"{study.folder / 'propositions.yaml'}: {proposition.proposition}")
            except SynthesisError as error:
                problems.append(str(error))
    return problems


def _with_above(codes: Iterable[Sequence[str]]) -> dict[tuple[str, ...], None]:
    """Paths, and those of the codes above them."""
    return dict.fromkeys(tuple(path[:length]) for path in codes for length in range(1, len(path) + 1))


def _meant(code: str, known: Iterable[tuple[str, ...]], where: str) -> tuple[str, ...]:
    """The path that a proposition means by a code's name, or by its name after some of those above it.

    A path in full comes before others that end alike. Raises SynthesisError when no path or several can be meant.
    """
    wanted = _spelt([code])
    paths = {path: _spelt(path) for path in known}
    found = [path for path, spelt in paths.items() if spelt == wanted] or [
        path for path, spelt in paths.items() if spelt.endswith(f" > {wanted}")
    ]
    if len(found) > 1:
        named = ", ".join(sorted(paths[path] for path in found))
        raise SynthesisError(f"{where}: codes: {len(found)} codes are called {code!r}: {named}; write the one that is meant")
    if not found:
        # A name that several codes have is shown with those above it.
        names = [path[-1] for path in paths]
        shown = {path[-1] if names.count(path[-1]) == 1 else spelt for path, spelt in paths.items()}
        raise SynthesisError(
            f"{where}: codes: the interviews have no code {code!r}; the codes are"
            f" {', '.join(sorted(shown)) or 'none, as no interviews are declared'}"
        )
    return found[0]


def _spelt(path: Sequence[str]) -> str:
    return " > ".join(" ".join(part.split()) for name in path for part in name.split(">"))


def _count(code: str, rows: Segments, study: Study) -> CodeCount:
    waves = [wave.wave for wave in study.protocol.waves]
    by_wave = tuple((wave, _passages(row for row in rows if row["wave"] == wave)) for wave in waves)
    return CodeCount(code, _passages(rows), _people(rows), tuple(one for one in by_wave if one[1]))


def _passages(rows: Iterable[Mapping[str, Any]]) -> int:
    """Two coders' codings of a passage are one segment."""
    return len({row["segment_id"] for row in rows})


def _people(rows: Iterable[Mapping[str, Any]]) -> int:
    return len({row["person"] for row in rows if row["person"] is not None})


def _quotes(proposition: Proposition, mine: Mapping[str, Mapping[str, Any]], where: str) -> Iterable[Quote]:
    for one in proposition.quotes:
        if one not in mine:
            raise SynthesisError(f"{where}: quotes: {one!r} is no segment with a code of this proposition; correct the id")
        row = mine[one]
        if not row["text"]:
            raise SynthesisError(f"{where}: quotes: {one!r} is no text but a place in a picture or film; choose another")
        yield Quote(one, row["path"][-1], row["person"], row["wave"], row["text"], row["source_file"], row["place"])


def _mark(claims: Sequence[JudgedClaim], segments: Iterable[str]) -> str:
    """The first 8 digits of the SHA-256 of what a judgement looks at: verdicts and segments."""
    looked_at = [[[one.claim_id, one.verdict] for one in claims], sorted(segments)]
    return hashlib.sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()[:8]


def display_markdown(rows: Sequence[JointRow]) -> str:
    """The joint display for Dagster: a table of propositions, then the claims that do not hold."""

    def line(*cells: str) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    lines = [line("proposition", "numbers", "interviews", "judged"), "|---|---|---|---|"]
    for row in rows:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in row.counts.items() if count)
        coded = f"{row.segments} segments of {row.people} people" if row.segments else "—"
        doubts = "".join(f"; **{doubt}**" for doubt in row.doubts)
        lines.append(line(f"{row.position}. {row.statement}", counts or "—", coded, row.verdict + doubts))
    against = [(row, claim) for row in rows for claim in row.claims if claim.verdict != "supported"]
    if against:
        lines += ["", line("", "claim", "verdict", "why"), "|---|---|---|---|"]
        lines += [line(str(row.position), claim.statement, f"**{claim.verdict}**", claim.reason) for row, claim in against]
    return "\n".join(lines)
