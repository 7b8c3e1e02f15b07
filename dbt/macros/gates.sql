{#- Items that are asked only after certain answers to others: what their blanks are then. The same rule for who looks at a
    file before a run: study/gates.py. An item's `gate` is an entry of codebook_items(): level, combined_by ('all' or 'any'),
    blank_counts_as (a number, 'unanswered', 'left_out' or null), answered_though_not_asked ('keep', 'set_aside' or null) and
    conditions (list of {item (its item and low), answers}). An item without one has no such key. -#}

{#- The items of a list that have a gate -#}
{% macro gated(items) %}
    {{ return(items | selectattr('gate', 'defined') | list) }}
{% endmacro %}

{#- The levels of the gates of some items: an item's gates are settled before it -#}
{% macro gate_levels(items) %}
    {{ return(gated(items) | map(attribute='gate.level') | unique | sort | list) }}
{% endmacro %}

{#- Whether the answers say that the item was not asked; false where they do not say -#}
{% macro is_skipped_past(gate) -%}
    ({%- for condition in gate.conditions -%}
    ({{ is_answer(condition.item) }} and {{ quoted(condition.item.item) }} not in ({{ condition.answers }})
        or {{ is_valid_skip(condition.item) }}){{ (' or ' if gate.combined_by == 'all' else ' and ') if not loop.last }}
    {%- endfor -%})
{%- endmacro %}

{#- Whether the answers say that the item was asked; false where they do not say. An answer is never below an item's low. -#}
{% macro is_reached(gate) -%}
    ({%- for condition in gate.conditions -%}
    {{ quoted(condition.item.item) }} in ({{ condition.answers }}){{ (' and ' if gate.combined_by == 'all' else ' or ') if not loop.last }}
    {%- endfor -%})
{%- endmacro %}

{#- Whether the item is kept as one that was not asked because of another answer -#}
{% macro is_valid_skip(item) -%}
    {{ quoted(item.item) }} = {{ reason_code(item, 'valid_skip') }}
{%- endmacro %}

{#- How a gated item is kept, once its gates are settled: a blank, or a code that says no more than that it was not asked, is
    a skip where the gate says so; an answer is one only where it is declared to be set aside. -#}
{% macro gated_code(item) -%}
    cast(case
        when {{ is_skipped_past(item.gate) }} and (
            {{ quoted(item.item) }} in ({{ reason_code(item, 'blank') }}, {{ reason_code(item, 'not_asked') }})
            {%- if item.gate.answered_though_not_asked == 'set_aside' %} or {{ is_answer(item) }}{% endif %}
        ) then {{ reason_code(item, 'valid_skip') }}
        else {{ quoted(item.item) }}
    end as {{ answer_type(item) }})
{%- endmacro %}

{#- The number that a skip of the item counts as in a score, in the item's units; null for none -#}
{% macro counted_skip(item) %}
    {{ return(none if item.gate is not defined or item.gate.blank_counts_as in (none, 'unanswered', 'left_out') else item.gate.blank_counts_as | int * units_in_one(item)) }}
{% endmacro %}

{#- Whether the item enters a score: it was answered, or is a skip that counts as a number -#}
{% macro enters_score(item) -%}
    {% if counted_skip(item) is none %}{{ is_answer(item) }}{% else %}({{ is_answer(item) }} or {{ is_valid_skip(item) }}){% endif %}
{%- endmacro %}

{#- How many of a scale's items must be answered: of those that were asked, where skips are left out. items: entries of
    codebook_items() -#}
{% macro minimum_of(scale, items) -%}
    {%- if scale.minimums -%}
    {%- set skips = [] -%}
    {%- for item in gated(items) if item.gate.blank_counts_as == 'left_out' -%}{%- do skips.append('case when ' ~ is_valid_skip(item) ~ ' then 1 else 0 end') -%}{%- endfor -%}
    case {{ skips | join(' + ') }}{% for entry in scale.minimums %} when {{ entry.left_out }} then {{ entry.minimum_answered }}{% endfor %} else {{ scale.minimum_answered }} end
    {%- else -%}
    {{ scale.minimum_answered }}
    {%- endif -%}
{%- endmacro %}
