"""The draft in its order: facts that are known, questions that only the controller can answer, risks with what is done.

Belongs here: sections and questions. Does not belong here: facts (facts.py), files (files.py).

The order is that of an assessment under Article 35 GDPR: what is done and why, whether it is necessary, what could happen to
people, what is done about it, who agrees. The words are ours.
"""

from dataclasses import dataclass

from dagster_project.assessment.facts import (
    Circumstances,
    Fact,
    categories_of_data,
    nature,
    open_findings,
    pseudonyms,
    public_rule,
    scope,
    special_categories,
)
from dagster_project.study import Study


@dataclass(frozen=True)
class Section:
    """A part of the document. facts: what is known. questions: what is not. note: a sentence in front of both.
    risks: harm, what is done about it here."""

    title: str
    note: str = ""
    facts: tuple[Fact, ...] = ()
    questions: tuple[str, ...] = ()
    risks: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The whole document."""

    title: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def question_count(self) -> int:
        return sum(len(section.questions) + 2 * len(section.risks) for section in self.sections)


_OPENING = (
    "A draft, filled in from the study's definitions and from this machine. What only the controller can say is asked, and"
    " marked [to answer]. A draft decides nothing: whether the processing may go on is for the controller, with the advice"
    " of the data protection officer.",
)
_ABOUT_NEED = (
    "What is to be found out, for whom, and why does it need data of people over time?",
    "Why is an assessment made: which criteria of the supervisory authority's list apply (special categories, people who"
    " depend on those who ask, large scale, data sets that are matched, new technology)?",
    "Who is the controller, who are joint controllers and processors, and who is the data protection officer?",
)
_ABOUT_NATURE = (
    "How are people recruited, what are they told, and how do answers get from them to the survey tool?",
    "Which processor runs the survey tool, in which country, under which contract, and when does it delete its copy?",
    "Who sends exports to whom, by which way, and who else holds a copy (mail, laptops, backups)?",
    "Where is the list that links identifiers with names and addresses, and who may open it?",
)
_ABOUT_CATEGORIES = (
    "Which of these are special categories of data (Article 9) or data on offences (Article 10), and which condition allows"
    " their use? The words above only point to some; a questionnaire can tell of health without saying so.",
    "Is anything collected that no question of the study needs?",
)
_ABOUT_SCOPE = (
    "How many people are to be asked in all, of which ages, in which countries?",
    "Until when is each of these needed: the survey tool's copy, the exports, the key of the pseudonyms, the releases?",
)
_ABOUT_CONTEXT = (
    "Are there children, patients, employees or others who may not feel free to refuse, and what is done about it?",
    "Would people expect this use of their data? Has anybody objected before, to this or to something like it?",
)
_ABOUT_CONSULTATION = (
    "Who was asked: people like those in the study, the data protection officer, information security, the ethics committee,"
    " the survey tool's provider? When, and what did they say? If nobody was asked, why not?",
)
_ABOUT_NECESSITY = (
    "What is the lawful basis (Article 6), and how is consent recorded where it is that?",
    "Could the same be found out with fewer people, fewer questions, fewer waves, or without identifiers?",
    "How are people informed, how do they see, correct and take back their data, and who answers them within a month?",
    "Is anything transferred to a country without an adequacy decision, and under which safeguard?",
)
_RISKS = (
    ("Somebody in the team recognises a person in the release by age, site and dates",
     "pseudonyms; shows_people; only declared variables of the roster are released"),
    ("A reader of what is published works out what a single person answered",
     "the public release hides small counts and whatever gives them away, now and together with earlier releases"),
    ("The key of the pseudonyms is copied, and everybody in every release is known",
     "the key lies outside the study's files, readable by its owner alone"),
    ("A laptop, a shared folder or a backup with the exports is read by somebody else",
     "folders are made for their owner alone; encryption of the disk is not this software's to do"),
    ("Answers in free text name people", "free text is not released; what looks like an identifier is reported"),
    ("A person who withdrew comes back with the next export, or stays in a copy",
     "wavehouse forget; an export that brings somebody back is refused; what it cannot reach is named"),
    ("Data are kept longer than people were told", "retention in study.yaml, carried out by every run"),
    ("A number about people is wrong and something is decided by it",
     "every number can be followed to the cells it is made of; runs are recorded; releases are compared"),
    ("Data are lost before the study ends",
     "exports are never changed; copies lie under their hash; backups are the team's"),
)  # fmt: skip
_ABOUT_MEASURES = (
    "For each risk that is medium or high: what more is done, by whom, until when, and what remains?",
    "Is the disk encrypted, who has an account on the machine, and how are backups made, protected and deleted?",
    "Who is told of a breach, and how is the authority told within 72 hours?",
)
_ABOUT_OUTCOME = (
    "Measures approved by, on:",
    "Remaining risks accepted by, on (if one stays high, the supervisory authority is asked first, Article 36):",
    "Advice of the data protection officer, on; followed or not, and why:",
    "Answers of those who were consulted, and why the assessment departs from them, if it does:",
    "Reviewed again on, by, or when a wave, an instrument, a roster variable or a recipient is added:",
)


def assessment_draft(study: Study, circumstances: Circumstances) -> Draft:
    """The draft for a study."""
    people_unknown = ("How many people are there?",) if circumstances.people is None else ()
    retention = tuple(("Retention", line) for line in circumstances.retention)
    erasures = ("People who were erased", str(circumstances.erasures))
    special = tuple(special_categories(study))
    return Draft(
        f"Data protection impact assessment: {study.protocol.title}",
        _OPENING,
        (
            Section("1 Why an assessment is made", questions=_ABOUT_NEED,
                    facts=(("Study", study.protocol.study), ("Source", study.protocol.origin))),
            Section("2.1 Nature of the processing", facts=tuple(nature(study, circumstances)), questions=_ABOUT_NATURE),
            Section("2.2 Categories of data", facts=tuple(categories_of_data(study)),
                    note="Answers are kept as declared codes; a cell that is no declared answer is rejected."),
            Section("2.3 Special categories", facts=special, questions=_ABOUT_CATEGORIES,
                    note="Found by words in labels, as a reminder, and not as an answer."
                    if special else "No word in the labels points to one, which does not mean that there is none."),
            Section("2.4 Scope", facts=(*scope(study, circumstances), *retention, erasures),
                    questions=(*people_unknown, *_ABOUT_SCOPE)),
            Section("2.5 Context", questions=_ABOUT_CONTEXT),
            Section("2.6 Pseudonyms, places and readers", facts=tuple(pseudonyms(study, circumstances))),
            Section("2.7 What is published", facts=tuple(public_rule(study))),
            Section("3 Consultation", questions=_ABOUT_CONSULTATION),
            Section("4 Necessity and proportionality", questions=_ABOUT_NECESSITY),
            Section("5 Risks to people", risks=_RISKS,
                    note="Likelihood and severity are the controller's to judge; add risks that this list does not know."),
            Section("6 Measures", facts=tuple(open_findings(study)), questions=_ABOUT_MEASURES),
            Section("7 Outcome", questions=_ABOUT_OUTCOME),
        ),
    )  # fmt: skip
