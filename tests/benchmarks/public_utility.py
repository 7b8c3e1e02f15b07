"""How much of a study the public release still shows: made studies of 12, 32, 200 and 5,000 people, by kind of number.

By hand: `uv run python tests/benchmarks/public_utility.py [DRAWS] > tests/benchmarks/public_utility.txt`. The studies are those
of the tests of disclosure: two groups, three waves, rare categories. Each is drawn several times; shares are over all draws.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from disclosure.made_people import made_patterns, made_people, made_results, made_study

from dagster_project.disclosure import DisclosureError, Ledger, public_results

SIZES = (12, 32, 200, 5000)
DECLARATIONS = ("", "{round_to: 3}", "{rounding: random}")
#: The kinds of numbers, in the order of the page.
KINDS = {
    "flow": "flow of participants", "characteristics": "characteristics", "service_use": "services", "categories": "categories",
    "items": "answers to items", "summary": "descriptives", "change": "change", "norm_difference": "distances from norms",
    "measurement": "reliability", "characteristics_difference": "characteristics, differences between groups",
    "service_difference": "services, differences between groups", "category_difference": "categories, differences between groups",
    "change_difference": "change, differences between groups",
}  # fmt: skip


def kind_of(identifier: str) -> str:
    analysis = identifier.partition("/")[0]
    name = KINDS.get(analysis.removesuffix("_by_group"), analysis)
    return f"{name}, by group" if analysis.endswith("_by_group") else name


def shares(count: int, declaration: str, draws: int) -> tuple[Counter[str], Counter[str], int]:
    """How many numbers there are, and how many are shown, by kind; and how many draws had no public release."""
    numbers, shown, refused_count = Counter[str](), Counter[str](), 0
    for draw in range(draws):
        with tempfile.TemporaryDirectory() as folder:
            study, people = made_study(Path(folder), declaration), made_people(count, 1000 * draw + count)
            results = made_results(study, people)
            try:
                public = public_results(study, results, made_patterns(people), [], b"a key", Ledger(1), "r1")
            except DisclosureError:  # nothing is shown of it
                refused_count += 1
                numbers.update(kind_of(identifier) for identifier in results if not identifier.startswith("norm/"))
                continue
        for identifier, row in public.rows.items():
            if not identifier.startswith("norm/"):  # what a norm is, is no number of the study
                numbers[kind_of(identifier)] += 1
                shown[kind_of(identifier)] += row.printed not in ("", "*")
    return numbers, shown, refused_count


def main(draws: int) -> None:
    print(f"Share of numbers shown, over {draws} draws of each study; in brackets how many a study has.\n")
    for declaration in DECLARATIONS:
        print(f"disclosure: {declaration or 'as it is where nothing is declared'}\n")
        print("| kind of number | " + " | ".join(f"{count:,} people" for count in SIZES) + " |")
        print("|---" * (len(SIZES) + 1) + "|")
        counted = [shares(count, declaration, draws) for count in SIZES]
        for kind in sorted({kind for numbers, *_ in counted for kind in numbers}):
            print(
                f"| {kind} | " + " | ".join(_cell(numbers[kind], shown[kind], draws) for numbers, shown, _ in counted) + " |"
            )
        totals = [_cell(numbers.total(), shown.total(), draws) for numbers, shown, _ in counted]
        print("| all | " + " | ".join(totals) + " |")
        print("| draws without a public release | " + " | ".join(str(count) for *_, count in counted) + " |\n", flush=True)


def _cell(number_count: int, shown_count: int, draws: int) -> str:
    return f"{100 * shown_count / number_count:.0f} % ({number_count / draws:.0f})" if number_count else ""


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
