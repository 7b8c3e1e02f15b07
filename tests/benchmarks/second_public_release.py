"""How often a second public release is not made, since with the first it would give people away: made studies of small sizes.

By hand: `uv run python tests/benchmarks/second_public_release.py [PAIRS] > tests/benchmarks/second_public_release.txt`. Between the two
releases one to three people go, and up to three come.
"""

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from disclosure.made_people import made_patterns, made_people, made_results, made_study

from dagster_project.disclosure import EarlierReleaseError, Ledger, public_results
from dagster_project.study import Study

SIZES = (12, 20, 32)
_MOST_NEW = 3


def is_refused(study: Study, count: int, seed: int) -> bool:
    """Whether the second release of a pair is."""
    chance = random.Random(seed)
    everybody = made_people(count + _MOST_NEW, seed)
    gone = set(chance.sample(range(count), chance.randint(1, 3)))
    second = [person for index, person in enumerate(everybody[:count]) if index not in gone]
    second += everybody[count : count + chance.randint(0, _MOST_NEW)]
    ledger = Ledger(1)
    for name, people in (("r1", everybody[:count]), ("r2", second)):
        try:
            public = public_results(study, made_results(study, people), made_patterns(people), [], b"a key", ledger, name)
        except EarlierReleaseError:
            return True
        ledger = public.ledger
    return False


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        study = made_study(Path(folder))
        for count in SIZES:
            refused = sum(is_refused(study, count, seed) for seed in range(pairs))
            print(f"{count} people: {refused} of {pairs} second releases not made", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
