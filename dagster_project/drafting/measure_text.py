"""`measures` of study.yaml, drafted: one proposal for all, which somebody must look at.

Belongs here: its text. Does not belong here: what is proposed (measures.py), the columns of exports (export_text.py).
"""

from dagster_project.drafting.measures import DraftedMeasure, DraftedMeasures
from dagster_project.drafting.people import Category
from dagster_project.drafting.yaml_lines import flow_list, guessed, question_value, scalar
from dagster_project.study import ASK

_REQUEST = (
    f"measures: {ASK}  # a proposal: take out what is not followed over time, correct kinds, limits and order; a number"
    " that is a questionnaire's score stands under scores"
)


def measures_lines(drafted: DraftedMeasures, waves: list[str]) -> list[str]:
    """The lines of `measures:`; a remark where there are too many columns, nothing where there are none. waves: all."""
    if drafted.n_columns:
        return [
            f"# {drafted.n_columns} columns by themselves could be measures, too many to be proposed: write those that are"
            " followed under measures (docs/how-to/measures.md)."
        ]
    if not drafted.measures:
        return []
    lines = [_REQUEST]
    for kind in ("scores", "numbers", "yes_no", "categories"):
        members = [measure for measure in drafted.measures if measure.kind == kind]
        lines += [f"  {kind}:"] * bool(members)
        for measure in members:
            lines += _measure_lines(measure, waves)
    return lines


def measure_outcomes(drafted: DraftedMeasures) -> list[str]:
    """The measures that tables of scores print."""
    return [measure.code for measure in drafted.measures if measure.kind in ("scores", "numbers")]


def _measure_lines(measure: DraftedMeasure, waves: list[str]) -> list[str]:
    lines = [guessed(f"    - measure: {measure.code}", measure.ground), f"      label: {scalar(measure.item.stem)}"]
    if measure.kind in ("scores", "numbers"):
        lines += [f"      low: {measure.limits[0]:g}", f"      high: {measure.limits[1]:g}"]
        lines += ["      decimals: any"] * (measure.decimals is None)
        if measure.kind == "scores":
            lines.append(f"      better: {question_value('high or low, the end of the score that is good; or neither')}")
    elif measure.kind == "yes_no":
        for key, category in zip(("yes_text", "no_text"), measure.categories, strict=True):
            lines += flow_list(f"      {key}: ", category.texts, 6)
    else:
        lines += ["      ordered: true"] * measure.is_ordered
        lines += ["      categories:", *(f"        - {_category(category)}" for category in measure.categories)]
    if list(measure.waves) != waves:
        lines += flow_list("      waves: ", measure.waves, 6)
    return lines


def _category(category: Category) -> str:
    texts = f", text: [{', '.join(map(scalar, category.texts))}]" if category.texts != (category.label,) else ""
    return f"{{category: {scalar(category.code)}, label: {scalar(category.label)}{texts}}}"
