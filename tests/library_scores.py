"""What the sources of the library's instruments say of scoring, each as a plain function: an oracle for tests.

Belongs here: a way of its own from answers by item number to scores, in the words of the source: which items are added, which
are turned round, how many may be missing. Does not belong here: the library's files and the package's code: what both shared
could be wrong in both.

Answers are given by item number; a missing answer is not there. A score that cannot be given is None.
"""

import math
from collections.abc import Callable, Iterable, Mapping

Answers = Mapping[int, int]
Scores = dict[str, float | None]


def _present(answers: Answers, items: Iterable[int]) -> list[int]:
    return [answers[item] for item in items if item in answers]


def _sum_of_all(answers: Answers, items: Iterable[int]) -> float | None:
    """Added up, where none is missing."""
    items = list(items)
    present = _present(answers, items)
    return float(sum(present)) if len(present) == len(items) else None


def _mean_of(answers: Answers, items: Iterable[int], needed: int) -> float | None:
    """The average of those answered, where at least so many are."""
    present = _present(answers, items)
    return sum(present) / len(present) if len(present) >= needed else None


def _times(score: float | None, factor: float) -> float | None:
    return None if score is None else score * factor


def _turned(answers: Answers, items: Iterable[int], total: int) -> Answers:
    """Answers with some turned round: lowest plus highest answer, minus the answer."""
    items = set(items)
    return {item: total - answer if item in items else answer for item, answer in answers.items()}


def phq9(answers: Answers) -> Scores:
    return {"phq9_total": _sum_of_all(answers, range(1, 10))}


def phq2(answers: Answers) -> Scores:
    return {"phq2_total": _sum_of_all(answers, (1, 2))}


def phq4(answers: Answers) -> Scores:
    anxiety, depression = _sum_of_all(answers, (1, 2)), _sum_of_all(answers, (3, 4))
    total = None if anxiety is None or depression is None else anxiety + depression
    return {"phq4_total": total, "phq4_anxiety": anxiety, "phq4_depression": depression}


def gad7(answers: Answers) -> Scores:
    return {"gad7_total": _sum_of_all(answers, range(1, 8))}


def gad2(answers: Answers) -> Scores:
    return {"gad2_total": _sum_of_all(answers, (1, 2))}


def who5(answers: Answers) -> Scores:
    """Raw 0 to 25, as per cent of what is possible."""
    raw = _sum_of_all(answers, range(1, 6))
    return {"who5_index": None if raw is None else 100 * raw / 25}


def k10(answers: Answers) -> Scores:
    return {"k10_total": _sum_of_all(answers, range(1, 11))}


def k6(answers: Answers) -> Scores:
    return {"k6_total": _sum_of_all(answers, range(1, 7))}


#: Metric scores of the raw sums 7 to 35.
_SWEMWBS = (
    "7 9.51 11.25 12.4 13.33 14.08 14.75 15.32 15.84 16.36 16.88 17.43 17.98 18.59 19.25 19.98 20.73 21.54 22.35 23.21"
    " 24.11 25.03 26.02 27.03 28.13 29.31 30.7 32.55 35"
)


def _metric(raw: float | None) -> float | None:
    return None if raw is None else float(_SWEMWBS.split()[int(raw) - 7])


def wemwbs(answers: Answers) -> Scores:
    short = _metric(_sum_of_all(answers, (1, 2, 3, 6, 7, 9, 11)))
    return {"wemwbs_total": _sum_of_all(answers, range(1, 15)), "wemwbs_short": short}


def swemwbs(answers: Answers) -> Scores:
    return {"swemwbs_metric": _metric(_sum_of_all(answers, range(1, 8)))}


def core10(answers: Answers) -> Scores:
    """The clinical score: ten times the mean, with no more than one item missing."""
    return {"core10_total": _times(_mean_of(_turned(answers, (2, 3), 4), range(1, 11), 9), 10)}


def audit(answers: Answers) -> Scores:
    return {"audit_total": _sum_of_all(answers, range(1, 11)), "audit_consumption": _sum_of_all(answers, (1, 2, 3))}


def audit_c(answers: Answers) -> Scores:
    return {"audit_c_total": _sum_of_all(answers, (1, 2, 3))}


def dass21(answers: Answers) -> Scores:
    """The letters beside the items of the form, from the first to the last; sums are doubled."""
    letters = "SADADSASADSSDSADDSAAD"
    names = {"D": "dass21_depression", "A": "dass21_anxiety", "S": "dass21_stress"}
    return {
        name: _times(_sum_of_all(answers, [item for item, mark in enumerate(letters, 1) if mark == letter]), 2)
        for letter, name in names.items()
    }


def pss10(answers: Answers) -> Scores:
    return {"pss10_total": _sum_of_all(_turned(answers, (4, 5, 7, 8), 4), range(1, 11))}


def pss4(answers: Answers) -> Scores:
    return {"pss4_total": _sum_of_all(_turned(answers, (2, 3), 4), range(1, 5))}


def rses(answers: Answers) -> Scores:
    return {"rses_total": _sum_of_all(_turned(answers, (2, 5, 6, 8, 9), 3), range(1, 11))}


def swls(answers: Answers) -> Scores:
    return {"swls_total": _sum_of_all(answers, range(1, 6))}


def brs(answers: Answers) -> Scores:
    """The sum divided by the number of questions answered."""
    return {"brs_mean": _mean_of(_turned(answers, (2, 4, 6), 6), range(1, 7), 1)}


def ucla3(answers: Answers) -> Scores:
    return {"ucla3_total": _sum_of_all(answers, (1, 2, 3))}


def isi(answers: Answers) -> Scores:
    return {"isi_total": _sum_of_all(answers, range(1, 8))}


def eq_vas(answers: Answers) -> Scores:
    return {"eq_vas_score": _sum_of_all(answers, (1,))}


def rand36(answers: Answers) -> Scores:
    """Each item as a share of the best possible answer, in per cent; a scale is the average of the items answered."""
    best_first = {1: 5, 2: 5, 20: 5, 22: 5, 34: 5, 36: 5, 21: 6, 23: 6, 26: 6, 27: 6, 30: 6}
    best_last = {**dict.fromkeys(range(3, 13), 3), **dict.fromkeys(range(13, 20), 2)}
    best_last |= {**dict.fromkeys((24, 25, 28, 29, 31), 6), **dict.fromkeys((32, 33, 35), 5)}
    shares = {
        item: 100 * (best_first[item] - answers[item]) // (best_first[item] - 1) for item in best_first if item in answers
    }
    shares |= {item: 100 * (answers[item] - 1) // (best_last[item] - 1) for item in best_last if item in answers}
    scales = {
        "physical_functioning": range(3, 13), "role_physical": range(13, 17), "role_emotional": range(17, 20),
        "energy": (23, 27, 29, 31), "emotional_wellbeing": (24, 25, 26, 28, 30), "social_functioning": (20, 32),
        "pain": (21, 22), "general_health": (1, 33, 34, 35, 36), "health_change": (2,),
    }  # fmt: skip
    return {f"rand36_{name}": _mean_of(shares, items, 1) for name, items in scales.items()}


def _sdq(answers: Answers, informant: str) -> Scores:
    """Five items a scale, at least three of them answered; five times their mean, rounded; difficulties are four scales."""
    turned = _turned(answers, (7, 11, 14, 21, 25), 2)
    items = {
        "emotional": (3, 8, 13, 16, 24), "conduct": (5, 7, 12, 18, 22), "hyperactivity": (2, 10, 15, 21, 25),
        "peer": (6, 11, 14, 19, 23), "prosocial": (1, 4, 9, 17, 20),
    }  # fmt: skip
    scores: Scores = {}
    for name, positions in items.items():
        present = _present(turned, positions)
        scores[name] = math.floor(0.5 + 5 * sum(present) / len(present)) if len(present) >= 3 else None
    difficulties = [scores[name] for name in ("emotional", "conduct", "hyperactivity", "peer")]
    scores["total"] = None if None in difficulties else sum(score for score in difficulties if score is not None)
    return {f"sdq_{informant}_{name}": score for name, score in scores.items()}


def sdq_self(answers: Answers) -> Scores:
    return _sdq(answers, "self")


def sdq_parent(answers: Answers) -> Scores:
    return _sdq(answers, "parent")


def pcl5(answers: Answers) -> Scores:
    clusters = {"intrusion": (1, 5), "avoidance": (6, 7), "cognition_mood": (8, 14), "arousal": (15, 20), "total": (1, 20)}
    return {f"pcl5_{name}": _sum_of_all(answers, range(first, last + 1)) for name, (first, last) in clusters.items()}


def cesd(answers: Answers) -> Scores:
    """No score where more than four are missing."""
    return {"cesd_total": _times(_mean_of(_turned(answers, (4, 8, 12, 16), 3), range(1, 21), 16), 20)}


def cesd10(answers: Answers) -> Scores:
    return {"cesd10_total": _sum_of_all(_turned(answers, (5, 8), 3), range(1, 11))}


def mbi_hss(answers: Answers) -> Scores:
    scales = {
        "exhaustion": (1, 2, 3, 6, 8, 13, 14, 16, 20), "depersonalization": (5, 10, 11, 15, 22),
        "accomplishment": (4, 7, 9, 12, 17, 18, 19, 21),
    }  # fmt: skip
    return {f"mbi_hss_{name}": _sum_of_all(answers, items) for name, items in scales.items()}


def uwes9(answers: Answers) -> Scores:
    """The letters beside the items of the form."""
    letters = "VVDDVADAA"
    names = {"V": "vigor", "D": "dedication", "A": "absorption"}
    scores: Scores = {"uwes9_total": _mean_of(answers, range(1, 10), 9)}
    for letter, name in names.items():
        scores[f"uwes9_{name}"] = _mean_of(answers, [item for item, mark in enumerate(letters, 1) if mark == letter], 3)
    return scores


def _signed(answers: Answers, keys: str, total: int) -> float | None:
    """A trait's mean by its key as the source prints it: "1, 6R, 11"."""
    items = {int(key.rstrip("R")): key.endswith("R") for key in keys.split(", ")}
    turned = _turned(answers, [item for item, is_turned in items.items() if is_turned], total)
    return _mean_of(turned, items, len(items))


def bfi44(answers: Answers) -> Scores:
    keys = {
        "extraversion": "1, 6R, 11, 16, 21R, 26, 31R, 36",
        "agreeableness": "2R, 7, 12R, 17, 22, 27R, 32, 37R, 42",
        "conscientiousness": "3, 8R, 13, 18R, 23R, 28, 33, 38, 43R",
        "neuroticism": "4, 9R, 14, 19, 24R, 29, 34R, 39",
        "openness": "5, 10, 15, 20, 25, 30, 35R, 40, 41R, 44",
    }
    return {f"bfi44_{name}": _signed(answers, key, 6) for name, key in keys.items()}


def bfi10(answers: Answers) -> Scores:
    keys = {
        "extraversion": "1R, 6", "agreeableness": "2, 7R", "conscientiousness": "3R, 8", "neuroticism": "4R, 9",
        "openness": "5R, 10",
    }  # fmt: skip
    return {f"bfi10_{name}": _signed(answers, key, 6) for name, key in keys.items()}


def tipi(answers: Answers) -> Scores:
    keys = {
        "extraversion": "1, 6R", "agreeableness": "2R, 7", "conscientiousness": "3, 8R", "stability": "4R, 9",
        "openness": "5, 10R",
    }  # fmt: skip
    return {f"tipi_{name}": _signed(answers, key, 8) for name, key in keys.items()}


def gse(answers: Answers) -> Scores:
    """The mean of seven or more items, as a sum of ten."""
    return {"gse_total": _times(_mean_of(answers, range(1, 11), 7), 10)}


def lsns6(answers: Answers) -> Scores:
    return {
        "lsns6_total": _sum_of_all(answers, range(1, 7)),
        "lsns6_family": _sum_of_all(answers, (1, 2, 3)),
        "lsns6_friends": _sum_of_all(answers, (4, 5, 6)),
    }


def djg6(answers: Answers) -> Scores:
    """Counted: more or less and yes (2, 3) of the emotional items, no and more or less (1, 2) of the social ones."""
    lonely = {item: int(answer in ((2, 3) if item in (1, 4, 6) else (1, 2))) for item, answer in answers.items()}
    emotional, social = _sum_of_all(lonely, (1, 4, 6)), _sum_of_all(lonely, (2, 3, 5))
    total = None if emotional is None or social is None else emotional + social
    return {"djg6_total": total, "djg6_emotional": emotional, "djg6_social": social}


def olbi(answers: Answers) -> Scores:
    keys = {
        "disengagement": "1, 3R, 6R, 7, 9R, 11R, 13, 15", "exhaustion": "2R, 4R, 5, 8R, 10, 12R, 14, 16",
    }  # fmt: skip
    return {f"olbi_{name}": _signed(answers, key, 5) for name, key in keys.items()}


def cbi(answers: Answers) -> Scores:
    """Always 100 and so on in steps of 25, the last work-related item the other way; no score below 3, 4 and 3 answers."""
    points = {item: 25 * (answer - 1 if item == 13 else 5 - answer) for item, answer in answers.items()}
    return {
        "cbi_personal": _mean_of(points, range(1, 7), 3),
        "cbi_work": _mean_of(points, range(7, 14), 4),
        "cbi_client": _mean_of(points, range(14, 20), 3),
    }


def epds(answers: Answers) -> Scores:
    return {"epds_total": _sum_of_all(answers, range(1, 11))}


def wsas(answers: Answers) -> Scores:
    return {"wsas_total": _sum_of_all(answers, range(1, 6))}


#: The function of each instrument of the library, by its code.
SOURCES: dict[str, Callable[[Answers], Scores]] = {
    function.__name__: function
    for function in (
        audit, audit_c, bfi10, bfi44, brs, cbi, cesd, cesd10, core10, dass21, djg6, epds, eq_vas, gad2, gad7, gse, isi, k10,
        k6, lsns6, mbi_hss, olbi, pcl5, phq2, phq4, phq9, pss10, pss4, rand36, rses, sdq_parent, sdq_self, swemwbs, swls,
        tipi, ucla3, uwes9, wemwbs, who5, wsas,
    )
}  # fmt: skip
#: The answers that each instrument allows, by item number: (lowest, highest, step). 0 is all other items.
ALLOWED: dict[str, dict[int, tuple[int, int, int]]] = {
    "audit": {0: (0, 4, 1), 9: (0, 4, 2), 10: (0, 4, 2)}, "audit_c": {0: (0, 4, 1)}, "bfi10": {0: (1, 5, 1)},
    "bfi44": {0: (1, 5, 1)}, "brs": {0: (1, 5, 1)}, "cbi": {0: (1, 5, 1)}, "cesd": {0: (0, 3, 1)}, "cesd10": {0: (0, 3, 1)},
    "core10": {0: (0, 4, 1)}, "dass21": {0: (0, 3, 1)}, "djg6": {0: (1, 3, 1)}, "epds": {0: (0, 3, 1)},
    "eq_vas": {0: (0, 100, 1)}, "gad2": {0: (0, 3, 1)}, "gad7": {0: (0, 3, 1)}, "gse": {0: (1, 4, 1)}, "isi": {0: (0, 4, 1)},
    "k10": {0: (1, 5, 1)}, "k6": {0: (0, 4, 1)}, "lsns6": {0: (0, 5, 1)}, "mbi_hss": {0: (0, 6, 1)}, "olbi": {0: (1, 4, 1)},
    "pcl5": {0: (0, 4, 1)}, "phq2": {0: (0, 3, 1)}, "phq4": {0: (0, 3, 1)}, "phq9": {0: (0, 3, 1)}, "pss10": {0: (0, 4, 1)},
    "pss4": {0: (0, 4, 1)},
    "rand36": {
        0: (1, 5, 1), **dict.fromkeys(range(3, 13), (1, 3, 1)), **dict.fromkeys(range(13, 20), (1, 2, 1)),
        21: (1, 6, 1), **dict.fromkeys(range(23, 32), (1, 6, 1)),
    },
    "rses": {0: (0, 3, 1)}, "sdq_parent": {0: (0, 2, 1)}, "sdq_self": {0: (0, 2, 1)}, "swemwbs": {0: (1, 5, 1)},
    "swls": {0: (1, 7, 1)}, "tipi": {0: (1, 7, 1)}, "ucla3": {0: (1, 3, 1)}, "uwes9": {0: (0, 6, 1)}, "wemwbs": {0: (1, 5, 1)},
    "who5": {0: (0, 5, 1)}, "wsas": {0: (0, 8, 1)},
}  # fmt: skip
#: How many items each has.
ITEM_COUNTS = {
    "audit": 10, "audit_c": 3, "bfi10": 10, "bfi44": 44, "brs": 6, "cbi": 19, "cesd": 20, "cesd10": 10, "core10": 10,
    "dass21": 21, "djg6": 6, "epds": 10, "eq_vas": 1, "gad2": 2, "gad7": 7, "gse": 10, "isi": 7, "k10": 10, "k6": 6, "lsns6": 6,
    "mbi_hss": 22, "olbi": 16, "pcl5": 20, "phq2": 2, "phq4": 4, "phq9": 9, "pss10": 10, "pss4": 4, "rand36": 36, "rses": 10,
    "sdq_parent": 25, "sdq_self": 25, "swemwbs": 7, "swls": 5, "tipi": 10, "ucla3": 3, "uwes9": 9, "wemwbs": 14, "who5": 5,
    "wsas": 5,
}  # fmt: skip


def allowed_answers(code: str, item: int) -> list[int]:
    """The answers that an item allows."""
    low, high, step = ALLOWED[code].get(item, ALLOWED[code][0])
    return list(range(low, high + 1, step))
