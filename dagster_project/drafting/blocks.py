"""Blocks of items: columns that belong together by their names and their answers.

Belongs here: which columns are items of which block, in each wave. Does not belong here: what their answers stand for
(answers.py), recognising an instrument of the library (library.py).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from dagster_project.drafting.answers import answer_kind, answer_range, is_defined_alike
from dagster_project.drafting.codes import code_text
from dagster_project.drafting.columns import ColumnFacts, pooled
from dagster_project.drafting.tick_lists import TickList, find_tick_list
from dagster_project.drafting.waves import WaveTable
from dagster_project.exports.data_dictionary import CHECKBOX_MARK
from dagster_project.exports.header_rows import JOINT

#: What stands between a question and its row: SurveyMonkey's joined headers, grids of Google Forms.
_QUESTION_AND_ROW = (
    re.compile(r"(?P<stem>.+) \| (?!Response$|Open-Ended Response$).+", re.DOTALL),
    re.compile(r"(?P<stem>.+?)\s*\[[^\]]*\D[^\]]*\]", re.DOTALL),
)
_MAX_NAME_LENGTH = 60
_MIN_ITEMS, _MANY_ANSWERS = 3, 30
_MIN_STEPS, _MAX_STEPS = 4, 10
#: Names that many questions have which do not belong together.
_GENERIC_STEM = re.compile(r"\W*(?:q|v|f|var|item|question|frage|col|x|i)?[\W_]*", re.IGNORECASE)
#: Answers of questions of which several boxes may be ticked: no items of a scale.
_BOX = re.compile(r"(?:not |un)?(?:selected|checked|mentioned|ticked|quoted|marked)|tick|x", re.IGNORECASE)
_MAX_ANSWERS, _MAX_TEXT_ANSWERS, _MAX_TEXT_LENGTH = 16, 11, 100
#: Columns of one score at more times are none.
_MAX_TIMES = 8
#: How many steps numbers with decimals have, such as 0.0 to 100.0 or 0.000 to 1.000; finer ones go to 100 at most.
_MAX_FINE_STEPS = 1000
#: What ends the names of items that are keyed the other way, or were turned already.
_TURNED_SUFFIX = re.compile(r"[_.]?(?:r|rev|reversed|rec|recoded)", re.IGNORECASE)
TOTAL_NAME = re.compile(r".*(?:total|sum|score|mean|summe|gesamt|index|avg|average)$", re.IGNORECASE)


@dataclass(frozen=True)
class Item:
    """A column by its name without the wave. columns: its column in each table, by the table's index."""

    stem: str
    columns: Mapping[int, ColumnFacts]

    @cached_property
    def facts(self) -> ColumnFacts:
        return pooled(list(self.columns.values()))


@dataclass(frozen=True)
class Block:
    """Items that belong together. code: of the instrument. ground: why, after "because". templates: of the names without the
    wave, with {position}, one for each way in which the columns are called; none where each column is named. tick_list: of a
    block whose items are the choices of one column. turned_positions: of items whose names say that they are keyed the other
    way, or were turned already (PSS4R). are_single: whether its items are measures by themselves, each with its waves."""

    code: str
    items: tuple[Item, ...]
    ground: str
    templates: tuple[str, ...] = ()
    tick_list: TickList | None = None
    turned_positions: tuple[int, ...] = ()
    are_single: bool = False

    @cached_property
    def facts(self) -> ColumnFacts:
        return pooled([item.facts for item in self.items])

    @property
    def table_indices(self) -> set[int]:
        """The tables that have columns of it."""
        return {index for item in self.items for index in item.columns}

    def columns_of(self, table_index: int) -> list[str | None]:
        """The column of each item in a table; None where it has none, and for all where nobody answered any of them."""
        has_answers = [table_index in item.columns and bool(item.columns[table_index].counts) for item in self.items]
        if self.are_single:
            pairs = zip(self.items, has_answers, strict=True)
            return [item.columns[table_index].name if is_answered else None for item, is_answered in pairs]
        if not any(has_answers):
            return [None] * len(self.items)
        return [item.columns[table_index].name if table_index in item.columns else None for item in self.items]


@dataclass
class Names:
    """Codes that are not used twice."""

    codes: set[str] = field(default_factory=lambda: {"services", "participants", "respondent", "answered_on"})

    def code(self, text: str, fallback: str = "block") -> str:
        code = code_text(text)
        if not code or not code[0].isalpha() or len(code) > 24:
            code = fallback
        candidate, number = code, 2
        while candidate in self.codes:
            candidate, number = f"{code}_{number}", number + 1
        self.codes.add(candidate)
        return candidate


def find_blocks(tables: Sequence[WaveTable], excluded: Sequence[Collection[str]]) -> list[Block]:
    """The blocks over all tables. excluded: of each table the columns that are known to be something else."""
    names = Names()
    stems, blocks = _list_blocks(names, columns_by_stem(tables, excluded))
    items = [item for item in _items(tables, excluded) if not _is_of_list(item.stem, blocks)]
    remaining: list[Item] = []
    families: dict[tuple[str, str], list[tuple[int, Item]]] = defaultdict(list)
    for item in items:
        if (parts := _numbered_name(item.stem)) is None:
            remaining.append(item)
        else:
            stem, number, suffix = parts
            families[stem, suffix].append((number, item))
    turned_items = _join_turned(families)
    for (stem, suffix), members in families.items():
        is_generic = _GENERIC_STEM.fullmatch(stem) is not None
        for group in _groups_answered_alike(sorted(members, key=lambda member: member[0]), is_generic):
            group_items = [item for _, item in group]
            if _is_block(group_items):
                blocks.append(_numbered_block(names, stem, suffix, group, turned_items))
            else:
                remaining += group_items
    order = {stem: position for position, stem in enumerate(stems)}
    remaining.sort(key=lambda item: order[item.stem])
    blocks = [*_with_other_spellings(blocks), *_blocks_of_questions(names, remaining)]
    return sorted(blocks, key=lambda block: order[block.items[0].stem])


def _list_blocks(names: Names, columns: Mapping[str, Mapping[int, ColumnFacts]]) -> tuple[list[str], list[Block]]:
    """All names of columns in their order, and a block for each column whose cells are lists."""
    blocks = []
    for stem, by_table in columns.items():
        if CHECKBOX_MARK not in stem and (tick_list := find_tick_list(by_table)) is not None:
            ground = f"the cells are lists of {len(tick_list.choices)} choices"
            items = tuple(Item(stem, by_table) for _ in tick_list.choices)
            blocks.append(Block(names.code(stem, "choices"), items, ground, tick_list=tick_list))
    return list(columns), blocks


def _is_of_list(stem: str, list_blocks: Sequence[Block]) -> bool:
    """Whether a column is a list, or one of the columns of 0 and 1 that a tool writes for a list's choices."""
    return any(stem == block.items[0].stem or stem.startswith(f"{block.items[0].stem}/") for block in list_blocks)


def _join_turned(families: dict[tuple[str, str], list[tuple[int, Item]]]) -> set[str]:
    """Put the items whose names end in R with the others of their family, where no number occurs twice (PSS1, PSS2R, PSS3);
    a recoded copy beside its original (PSS2, PSS2R) is no item. Returns the names of the items that were joined."""
    turned_items: set[str] = set()
    for stem, suffix in [key for key in families if _TURNED_SUFFIX.fullmatch(key[1])]:
        if not (plain_members := families.get((stem, ""))):
            continue
        members = families.pop((stem, suffix))
        if not {number for number, _ in members} & {number for number, _ in plain_members}:
            plain_members += members
            turned_items |= {item.stem for _, item in members}
    return turned_items


def _items(tables: Sequence[WaveTable], excluded: Sequence[Collection[str]]) -> list[Item]:
    items = [Item(stem, by_table) for stem, by_table in columns_by_stem(tables, excluded).items()]
    return [item for item in items if CHECKBOX_MARK not in item.stem and _is_item(item.facts)]


def columns_by_stem(
    tables: Sequence[WaveTable], excluded: Sequence[Collection[str]], has_totals: bool = False
) -> dict[str, dict[int, ColumnFacts]]:
    """The column of each name without the wave, by its table's index. has_totals: with those that are totals by name."""
    columns: dict[str, dict[int, ColumnFacts]] = defaultdict(dict)
    for index, table in enumerate(tables):
        for name, column in table.columns.items():
            if name not in excluded[index] and (has_totals or not TOTAL_NAME.fullmatch(name)):
                columns[table.stem(name)].setdefault(index, column)
    return columns


def _is_item(column: ColumnFacts) -> bool:
    """Whether a column holds answers of a closed question: few whole numbers, or with few decimals, or short texts."""
    values = column.values
    if not values or (column.question is not None and column.question.kind in ("box", "other")):
        return False
    answer_texts = set(column.value_labels.values()) or set(values)
    if any(_BOX.fullmatch(text.strip()) for text in answer_texts):
        return False
    if column.decimals:
        return _is_fine_scale(column)
    n_whole = sum(column.numbers.values())
    if n_whole >= 0.9 * values.total():
        numbers = column.numbers
        return len(numbers) <= _MAX_ANSWERS or (min(numbers) >= 0 and max(numbers) <= 100 and len(numbers) <= 101)
    return (
        1 < len(values) <= _MAX_TEXT_ANSWERS + 1
        and all(len(text) <= _MAX_TEXT_LENGTH for text in values)
        and not column.is_numeric
        and values.total() >= 2 * len(values)
    )


def _is_fine_scale(column: ColumnFacts) -> bool:
    """Whether numbers with decimals may be ticked on a scale. Those of a stopwatch have three, and differ."""
    low, high = answer_range(column)
    is_repeated = column.values.total() >= 2 * len(column.values)
    n_steps = round((high - low) * 10**column.decimals)
    return n_steps <= _MAX_FINE_STEPS or (low >= 0 and high <= 100 and (column.decimals < 3 or is_repeated))


def _numbered_name(name: str) -> tuple[str, int, str] | None:
    """What stands before the last number of a short name, the number, and what follows it."""
    numbers = list(re.finditer(r"\d+", name))
    if not numbers or len(name) > _MAX_NAME_LENGTH or JOINT in name:
        return None
    return name[: numbers[-1].start()], int(numbers[-1].group()), name[numbers[-1].end() :]


def _groups_answered_alike(members: Sequence[tuple[int, Item]], is_generic: bool) -> Iterable[list[tuple[int, Item]]]:
    """Consecutive members of a family that are answered alike."""
    group: list[tuple[int, Item]] = []
    for member in members:
        if group and not _goes_with([item for _, item in group], member[1], is_generic):
            yield group
            group = []
        group.append(member)
    if group:
        yield group


def _goes_with(items: Sequence[Item], item: Item, is_generic: bool = True) -> bool:
    """Whether an item is answered like some others. is_generic: whether their names say nothing, such as Q1 and Q2."""
    group, column = pooled([member.facts for member in items]), item.facts
    group_kind, group_answers = answer_kind(items[0].facts)
    kind, answers = answer_kind(column)
    # On one of several sliders perhaps nobody stopped in between.
    are_numbers = {kind, group_kind} == {"numbers", "decimals"} and not is_generic
    if (kind != group_kind and not are_numbers) or (is_alike := is_defined_alike(items[0].facts, column)) is False:
        return False
    if is_alike:
        return True
    if kind == "labelled":
        return answers == group_answers
    if kind == "texts":
        union = set(group.values) | answers
        return bool(set(group.values) & answers) and len(union) <= _MAX_TEXT_ANSWERS
    (group_low, group_high), (low, high) = answer_range(group), answer_range(column)
    widest = max(group_high, high) - min(group_low, low)
    if not is_generic:
        return min(group_high, high) >= max(group_low, low) and (widest <= _MAX_STEPS or high - low > _MAX_STEPS)
    if group_low <= low and high <= group_high:
        # Of many people somebody ticks more than two neighbouring answers of five, as a rule.
        return high - low > 1 or group_high - group_low < _MIN_STEPS or column.n_filled < _MANY_ANSWERS
    return low <= group_low and group_high <= high and widest <= 2 * max(2, group_high - group_low)


def _is_block(items: Sequence[Item]) -> bool:
    return len(items) >= _MIN_ITEMS


def _numbered_block(
    names: Names, stem: str, suffix: str, members: Sequence[tuple[int, Item]], turned_items: Collection[str]
) -> Block:
    numbers = [number for number, _ in members]
    items = tuple(item for _, item in members)
    first, last = items[0].stem, items[-1].stem
    code = names.code(re.sub(r"(?i)(?:_?items?)?[_\W]*(?:sq)?$", "", stem) or stem)
    ground = f"{len(items)} columns from {first} to {last} are answered alike"
    if numbers == list(range(1, len(numbers) + 1)):
        digits = first[len(stem) :].removesuffix(suffix) if suffix else first[len(stem) :]
        spec = f":0{len(digits)}d" if len(digits) > 1 else ""
        template = f"{_escaped(stem)}{{position{spec}}}{_escaped(suffix)}"
        if all(template.format(position=number) == item.stem for number, item in members):
            return Block(code, items, ground, (template,))
    turned_positions = tuple(position for position, item in enumerate(items, start=1) if item.stem in turned_items)
    return Block(code, items, ground, turned_positions=turned_positions)


def may_be_waves(block: Block) -> bool:
    """Whether columns that are numbered by something else than positions hold more numbers than items have answers:
    d8, d10, d12, d14 may be one score at four times."""
    is_numbered = all(_numbered_name(item.stem) is not None for item in block.items) and len(block.items) <= _MAX_TIMES
    return is_numbered and not block.templates and len(block.facts.values) > _MAX_ANSWERS and block.facts.is_numeric


def _with_other_spellings(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those put together that are called alike in different waves, such as WB_1 and wb01."""
    merged_blocks: list[Block] = []
    for block in blocks:
        index = next((i for i, earlier in enumerate(merged_blocks) if _is_other_spelling(earlier, block)), None)
        if index is None:
            merged_blocks.append(block)
            continue
        earlier = merged_blocks[index]
        pairs = zip(earlier.items, block.items, strict=True)
        items = tuple(Item(first.stem, {**first.columns, **second.columns}) for first, second in pairs)
        ground = f"{earlier.ground}, and {block.items[0].stem} to {block.items[-1].stem} are called alike"
        merged_blocks[index] = Block(earlier.code, items, ground, earlier.templates + block.templates)
    return merged_blocks


def _is_other_spelling(first: Block, second: Block) -> bool:
    spellings = [
        [re.sub(r"[\W_]|(?<!\d)0+(?=\d)", "", item.stem.lower()) for item in block.items] for block in (first, second)
    ]
    return spellings[0] == spellings[1] and not first.table_indices & second.table_indices


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _blocks_of_questions(names: Names, items: Sequence[Item]) -> list[Block]:
    """Blocks of columns without numbers: rows of one question, or neighbours with the same labels or texts."""
    blocks = []
    for _, run in groupby(_with_runs(items), key=lambda pair: pair[0]):
        group = [item for _, item in run]
        if not _is_block(group):
            continue
        question = group[0].facts.question
        if question is not None and question.group:
            ground = f"the survey's definition asks its {len(group)} columns together"
            code = names.code(question.group.partition("#")[0])
        else:
            ground, code = f"{len(group)} neighbouring columns have the same answers", names.code("questions", "questions")
        blocks.append(Block(code, tuple(group), ground))
    return blocks


def _with_runs(items: Sequence[Item]) -> list[tuple[int, Item]]:
    """Each item with the number of its run: neighbours that are answered alike, and rows of one question together."""
    pairs: list[tuple[int, Item]] = []
    run = 0
    for position, item in enumerate(items):
        previous = items[position - 1] if position else None
        is_new = previous is None or _question(previous) != _question(item)
        kind, item_answers = answer_kind(item.facts)
        is_new = is_new or (not _question(item) and (kind in ("numbers", "decimals") or len(item_answers) < _MIN_ITEMS))
        if not is_new:
            is_new = not _goes_with([member for number, member in pairs if number == run], item)
        run += is_new
        pairs.append((run, item))
    return pairs


def _question(item: Item) -> str:
    """What its columns share with the other rows of its question; "" for a question of one row."""
    if item.facts.question is not None and item.facts.question.group:
        return item.facts.question.group
    name = item.stem
    for pattern in _QUESTION_AND_ROW:
        if match := pattern.fullmatch(name):
            return match["stem"]
    return ""
