"""What a second public release soon after the first shows: made studies of small sizes.

By hand: `uv run python tests/benchmarks/second_public_release.py [PAIRS] > tests/benchmarks/second_public_release.txt`. Between the two
releases one to three people go, and up to three come (tests/disclosure/test_second_release.py).
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from disclosure.made_people import made_patterns, made_results, made_study
from disclosure.test_second_release import two_releases

from dagster_project.disclosure import DisclosureError, Ledger, PublicResults, public_results
from dagster_project.study import Study

SIZES = (12, 20, 32)
DECLARATIONS = ("", "{minimum: 5, protection: 3, round_to: 3}")


def pair_of(study: Study, count: int, seed: int) -> list[PublicResults]:
    ledger, releases = Ledger(1), []
    for name, people in zip(("r1", "r2"), two_releases(count, seed), strict=True):
        public = public_results(study, made_results(study, people), made_patterns(people), [], b"a key", ledger, name)
        ledger = public.ledger
        releases.append(public)
    return releases


def shown_count(public: PublicResults) -> int:
    return sum(row.printed not in ("", "*") for identifier, row in public.rows.items() if not identifier.startswith("norm/"))


def main(pairs: int) -> None:
    for declaration in DECLARATIONS:
        print(f"disclosure: {declaration or 'as it is where nothing is declared'}")
        for count in SIZES:
            counts = Counter[str]()
            for seed in range(pairs):
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        first, second = pair_of(made_study(Path(folder), declaration), count, seed)
                    except DisclosureError:
                        counts["refused"] += 1
                        continue
                counts += Counter(
                    first=shown_count(first), second=shown_count(second), told=len(second.suppression.already_narrow)
                )
                counts["with_told"] += bool(second.suppression.already_narrow)
            print(
                f"{count} people: {counts['refused']} of {pairs} pairs not made; numbers shown: {counts['first']} in the first"
                f" releases, {counts['second']} in the second ones; in {counts['with_told']} pairs the first release alone tells who"
                f" knows all changes of small counts, of {counts['told']} in all",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
