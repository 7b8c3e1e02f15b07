"""What the methods say of signs of careless answers. Belongs here: these sentences. Does not belong here: the signs
(results/careless.py)."""

from dagster_project.results import careless_signs, sign_words, sources_of
from dagster_project.study import Study, judged_blocks


def careless_methods(study: Study) -> str:
    """Which sheets are marked by which sign; nothing where none is declared."""
    careless = study.protocol.careless
    if careless is None:
        return ""
    blocks = judged_blocks(careless, study.instruments)
    signs = [
        f"{' or by '.join(sign_words(sign, block, careless) for sign in careless_signs(careless))} ({block.name})"
        for block in blocks
    ]
    return (
        f"Sheets with at least {careless.least_items} answers to a questionnaire were marked as possibly careless by"
        f" {'; '.join(signs)} ({sources_of(careless)}). Marks are counted in each wave; nobody was excluded because of them."
    )
