"""What makes two scales the same: a hash of all that a score follows from, computed from a release's codebook.

Belongs here: which parts of the codebook decide a score. Does not belong here: how a score is computed (dbt/).

In it: items by their position in the instrument, their lowest and highest answer, keys, recoding, what a skip counts as; the
scale's items, aggregate, factor, rounding, minimum of answers, conversion table, and the scales that it is made of. Not in
it: labels, sources, norms, cut-offs, which end is the good one: they change no score.
"""

_TEXT = "coalesce(cast({column} as varchar), '-')"


def _line(*columns: str) -> str:
    return "concat_ws('|', " + ", ".join(_TEXT.format(column=column) for column in columns) + ")"


def _number(column: str) -> str:
    """The same text for a whole number in a study with decimal answers and in one without."""
    return f"cast({column} as double)"


_SCALE = _line(
    "aggregate", "items_total", "minimum_answered", _number("lowest"), _number("highest"), "factor", "is_rounded", "is_given"
)  # fmt: skip
_ITEM = _line(
    "items.position", "items.decimals", _number("items.low"), _number("items.high"), "items.kind",
    _number("scale_items.turned_from"), "items.is_recoded"
)  # fmt: skip
_LINES = f"""
select scale, 'scale|' || {_SCALE} as line from {{source}}.codebook.scales
union all
select scale, 'item|' || {_ITEM} from {{source}}.codebook.scale_items join {{source}}.codebook.items using (item)
union all
select scale, 'answer|' || {_line("items.position", _number("answer"), _number("counts_as"))}
from {{source}}.codebook.scale_items join {{source}}.codebook.items using (item)
join {{source}}.codebook.item_answers using (item)
union all
select scale, 'gate|' || {_line("items.position", "level", "condition_order", "gate", "answers", "blank_counts_as")}
from {{source}}.codebook.scale_items join {{source}}.codebook.items using (item)
join {{source}}.codebook.item_gates using (item)
union all
select scale, 'minimum|' || {_line("left_out", "minimum_answered")} from {{source}}.codebook.scale_minimums
union all
select scale, 'conversion|' || {_line(_number("raw_sum"), "score")} from {{source}}.codebook.scale_conversions
union all
select scale, 'part|' || part from {{source}}.codebook.scale_parts
"""
#: Scales that are made of others are what these are, too.
SCALE_DEFINITIONS = f"""
select scale, sha256(string_agg(line, chr(10) order by line)) as definition
from (
    with recursive lines as ({_LINES}),
    made_of(scale, part) as (
        select scale, part from {{source}}.codebook.scale_parts
        union
        select made_of.scale, parts.part from made_of
        join {{source}}.codebook.scale_parts as parts on parts.scale = made_of.part
    )
    select scale, line from lines
    union all
    select made_of.scale, made_of.part || '|' || lines.line from made_of join lines on lines.scale = made_of.part
)
group by scale
"""
INSTRUMENT_DEFINITIONS = f"""
select instrument, sha256(string_agg(line, chr(10) order by line)) as definition
from (
    select instrument, scale || '|' || definition as line
    from {{source}}.codebook.scales join ({SCALE_DEFINITIONS}) using (scale)
    union all
    select instrument, 'item|' || {_line("position", "decimals", _number("low"), _number("high"), "kind", "is_recoded")}
    from {{source}}.codebook.items
)
group by instrument
"""
