"""The file of an instrument, drafted from a block of columns.

Belongs here: its text. Does not belong here: what is known of the block (blocks.py, answers.py, keys.py).
"""

from dagster_project.drafting.draft import Draft, DraftedBlock
from dagster_project.drafting.gates import GateProposals
from dagster_project.drafting.yaml_lines import guessed, question_value, scalar
from dagster_project.study import ASK, in_words

_SKIP_QUESTION = "a number, unanswered or left_out: what an item that was not asked counts as in the scale"


def instrument_text(draft: Draft, drafted: DraftedBlock) -> str:
    """The YAML of instruments/CODE.yaml. What is asked of several instruments is asked once, in study.yaml."""
    block, answers = drafted.block, drafted.answers
    n_items = len(block.items)
    codes = f", codes: [{', '.join(map(str, answers.codes))}]" if answers.codes else ""
    decimals = f", decimals: {answers.decimals}" if answers.decimals else ""
    anchors = f"anchors: {{low: {answers.low}, high: {answers.high}{codes}{decimals}}}"
    anchors_line = f"{anchors}  # {answers.ground}" if answers.is_certain else guessed(anchors, answers.ground)
    if answers.low >= answers.high:
        ends = f"{{low: {answers.low}, high: {answers.high}}}"
        anchors_line = f"anchors: {ASK} {ends}  # nobody ticked another answer: what are its ends?"
    lines = [
        "# One questionnaire: positions and keys only. The wording of items belongs to its owner and has no place here.",
        f"instrument: {block.code}",
        guessed(f"name: {scalar(block.code)}", "the columns are called so; write the questionnaire's name"),
        "source: none  # a citation",
        "licence: none  # the terms of use",
        guessed(f"item_count: {n_items}", block.ground),
        anchors_line,
        "minimum_answered: 0.8  # the share of a scale's items that must be answered, if the manual says no other",
    ]
    if drafted.match is not None and drafted.match.obstacle:
        name = drafted.match.instrument.instrument
        lines.append(f"# It could be library:{name}, but {drafted.match.obstacle}.")
    if drafted in draft.common_reversed:
        lines.append("# reversed: study.yaml says it, for several instruments at once")
    elif drafted.keys.positions:
        positions = ", ".join(map(str, drafted.keys.positions))
        lines.append(f"reversed: {ASK} [{positions}]  # {drafted.keys.ground}; are they keyed the other way?")
    else:
        lines.append(guessed("reversed: []", f"{drafted.keys.ground}; positions of items keyed the other way"))
    lines += _gate_lines(drafted.gates)
    one_scale = "nothing in the files tells its scales apart" if n_items > 1 else "it has one item"
    lines += [
        "scales:",
        guessed(f"  - scale: {block.code}_total", one_scale),
        f"    label: {scalar(block.code)}",
        f'    items: ["1-{n_items}"]',
        guessed("    aggregate: sum", "most questionnaires are summed up; or mean"),
        "    # better: study.yaml says it, for all scales at once"
        if draft.common_ends
        else f"    better: {question_value('high or low, the end of the scale that is good')}",
    ]
    return "\n".join(lines) + "\n"


def _gate_lines(gates: GateProposals) -> list[str]:
    lines = [guessed("asked_if:", "the data dictionary shows these items by such a rule only")] if gates.gates else []
    for gate in gates.gates:
        conditions = [(f"item: {item}", f"in: [{', '.join(map(str, answers))}]") for item, answers in gate.conditions]
        condition_list = ", ".join(f"{{{item}, {answers}}}" for item, answers in conditions)
        rule = conditions[0] if len(conditions) == 1 else (f"{gate.combined_by}: [{condition_list}]",)
        parts = (f"items: [{', '.join(map(str, gate.items))}]", *rule, f"blank_counts_as: {question_value(_SKIP_QUESTION)}")
        lines += [f"  {'- ' if number == 0 else '  '}{part}" for number, part in enumerate(parts)]
    if gates.undrafted:
        words = in_words(gates.undrafted)
        lines.append(f"# The data dictionary shows {words} by a rule that is not drafted; write it under asked_if.")
    return lines
