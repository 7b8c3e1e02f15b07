{#- How one answer is kept: a small whole number. An answer between its anchors is itself; a missing answer is a number below
    them, which says why. One number decides both, so an answer cannot have a value and a missing reason at once. -#}

{#- A reason's number: -1, -2, … (codebook.missing_reasons) -#}
{% macro reason_number(reason) %}
    {% set numbers = codebook_missing_reasons() %}
    {{ return(numbers[reason] if execute else 0) }}
{% endmacro %}

{#- What an item's reason numbers are counted down from: zero, or its lowest answer where that is below zero. -#}
{% macro reason_base(item) %}
    {{ return([item.low, 0] | min) }}
{% endmacro %}

{#- How an item's missing answer is kept -#}
{% macro reason_code(item, reason) %}
    {{ return(reason_base(item) + reason_number(reason)) }}
{% endmacro %}

{#- Whether the item was answered -#}
{% macro is_answer(item) -%}
    {{ quoted(item.item) }} >= {{ item.low }}
{%- endmacro %}

{#- The answer, or null -#}
{% macro answer_of(item) -%}
    case when {{ is_answer(item) }} then {{ quoted(item.item) }} end
{%- endmacro %}

{#- The answer as it counts in a score: by its table (codebook.item_answers) where it is recoded, taken from `turned_from`
    (codebook.items) where it is reversed -#}
{% macro keyed_answer(item) -%}
    {%- if item.is_recoded -%}
    case {{ quoted(item.item) }}{% for entry in item.answers %} when {{ entry.answer }} then {{ entry.counts_as }}{% endfor %} end
    {%- else -%}
    {{ item.turned_from ~ ' - ' if item.turned_from is not none }}{{ quoted(item.item) }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a number is an answer to the item: one from low to high, or one of those that it allows -#}
{% macro is_allowed(item, number) -%}
    {%- if item.answers and item.answers | length <= item.high - item.low -%}
    {{ number }} in ({{ item.answers | map(attribute='answer') | join(', ') }})
    {%- else -%}
    {{ number }} between {{ item.low }} and {{ item.high }}
    {%- endif -%}
{%- endmacro %}

{#- The answers to an item, each -#}
{% macro allowed_answers(item) %}
    {{ return(item.answers | map(attribute='answer') | list if item.answers else range(item.low, item.high + 1) | list) }}
{% endmacro %}

{#- A reason's number in words; null for null and for numbers that are no reason -#}
{% macro reason_words(number) -%}
    case {{ number }}{% for reason, code in codebook_missing_reasons().items() %} when {{ code }} then '{{ reason }}'{% endfor %} end
{%- endmacro %}

{#- Why the item was not answered, or null -#}
{% macro missing_reason_of(item) -%}
    {{ reason_words(quoted(item.item) ~ (' - ' ~ (reason_base(item) | string) if reason_base(item) > 0 else ' + ' ~ (-reason_base(item)) if reason_base(item) < 0 else '')) }}
{%- endmacro %}

{#- The number that an export's cell is kept as. is_number: whether the column of schema raw holds whole numbers, whose text
    is their plain spelling, and null for a blank cell; else it holds the cell's text as cell_text gives it. Declared texts and
    numbers are looked up first, a number however it is spelled; only what is left is read as an answer, and only where it is
    spelled as a number with the export's decimal mark. The same rule for who looks at a file before a run:
    exports/cell_rules.py. -#}
{% macro read_answer(item, column, is_number, texts, decimal_mark) -%}
    {%- set numbers, ranges = [], texts | selectattr('is_range') | list -%}
    {%- for entry in texts if not entry.is_range and is_plain_number(entry.answer_text) %}{% do numbers.append({'number': entry.answer_text | trim | int, 'code': code_of_text(item, entry)}) %}{% endfor -%}
    {%- if is_number -%}
    {#- Nearly all cells are answers: that is asked first, but for declared numbers between the anchors. #}
    case
        {%- for entry in numbers if item.low <= entry.number <= item.high %}
        when {{ column }} = {{ entry.number }} then {{ entry.code }}
        {%- endfor %}
        {%- for entry in ranges if meets(entry, item) %}
        when {{ is_in_range(column, entry) }} then {{ code_of_text(item, entry) }}
        {%- endfor %}
        when {{ is_allowed(item, column) }} then {{ column }}
        when {{ column }} is null then {{ reason_code(item, 'blank') }}
        {%- for entry in numbers if not item.low <= entry.number <= item.high %}
        when {{ column }} = {{ entry.number }} then {{ entry.code }}
        {%- endfor %}
        {%- for entry in ranges if not meets(entry, item) %}
        when {{ is_in_range(column, entry) }} then {{ code_of_text(item, entry) }}
        {%- endfor %}
        else {{ reason_code(item, 'invalid') }}
    end
    {%- else -%}
    {%- set declared = texts | rejectattr('is_range') | map(attribute='answer_text') | map('string') | map('trim') | list -%}
    {%- set number = with_decimal_point(column, decimal_mark) -%}
    {%- set inner_ranges = [] -%}
    {%- for entry in ranges if meets(entry, item) %}{% do inner_ranges.append(entry) %}{% endfor %}
    case coalesce({{ column }}, '')
        when '' then {{ reason_code(item, 'blank') }}
        {%- for entry in texts if not entry.is_range %}
        when {{ text_literal(entry.answer_text | string | trim) }} then {{ code_of_text(item, entry) }}
        {%- endfor %}
        {%- if item.high - item.low <= 20 and not inner_ranges %}
        {%- for answer in allowed_answers(item) if answer | string not in declared %}
        when '{{ answer }}' then {{ answer }}
        {%- endfor %}
        {%- endif %}
        else case
            {%- for entry in numbers %}
            when {{ matches_whole_number(number) }} and cast({{ number }} as double) = {{ entry.number }} then {{ entry.code }}
            {%- endfor %}
            {%- for entry in ranges %}
            when {{ matches_number(number) }} and {{ is_in_range('cast(' ~ number ~ ' as double)', entry) }} then {{ code_of_text(item, entry) }}
            {%- endfor %}
            when {{ matches_whole_number(number) }} and {{ is_allowed(item, 'cast(' ~ number ~ ' as double)') }}
                then cast({{ number }} as double)
            else {{ reason_code(item, 'invalid') }}
        end
    end
    {%- endif -%}
{%- endmacro %}

{#- Whether a number lies in a declared range of special codes -#}
{% macro is_in_range(number, entry) -%}
    {%- if entry.low is not none %}{{ number }} >= {{ entry.low }}{% endif %}
    {%- if entry.low is not none and entry.high is not none %} and {% endif %}
    {%- if entry.high is not none %}{{ number }} <= {{ entry.high }}{% endif %}
{%- endmacro %}

{#- The reason that a text of the roster stands for by a special code, else null; '' where the variable has no special codes.
    A number counts however it is spelled. decimal_mark: the one that the column's texts had before with_decimal_point. -#}
{% macro special_code_of(column, special_codes, decimal_mark) -%}
    {%- if special_codes -%}
    case
        {%- for entry in special_codes if not entry.is_range %}
        {%- set text = entry.answer_text | replace('.', '?') | replace(',', '.') if decimal_mark == ',' else entry.answer_text %}
        when {{ column }} = {{ text_literal(text) }} then '{{ entry.missing_reason }}'
        {%- if is_plain_number(entry.answer_text) %}
        when {{ matches_whole_number(column) }} and cast({{ column }} as double) = {{ entry.answer_text | trim }} then '{{ entry.missing_reason }}'
        {%- endif %}
        {%- endfor %}
        {%- for entry in special_codes if entry.is_range %}
        when {{ matches_number(column) }} and {{ is_in_range('cast(' ~ column ~ ' as double)', entry) }} then '{{ entry.missing_reason }}'
        {%- endfor %}
    end
    {%- endif -%}
{%- endmacro %}

{#- Whether a declared range of special codes reaches into an item's anchors -#}
{% macro meets(entry, item) %}
    {{ return((entry.low is none or entry.low | float <= item.high) and (entry.high is none or entry.high | float >= item.low)) }}
{% endmacro %}

{#- A cell's text in the form in which it is compared: Unicode's NFC, without white space and characters without width
    around it. The same as study/texts.py. -#}
{% macro cell_text(column) -%}
    {{ return(adapter.dispatch('cell_text')(column)) }}
{%- endmacro %}

{% macro default__cell_text(column) -%}
    trim({{ column }})
{%- endmacro %}

{% macro duckdb__cell_text(column) -%}
    trim(nfc_normalize({{ column }}), {% for code in invisible_characters() %}chr({{ code }}){{ ' || ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- The characters that nobody sees, by their numbers in Unicode -#}
{% macro invisible_characters() %}
    {{ return([9, 10, 11, 12, 13, 32, 133, 160, 173, 5760] + range(8192, 8206) | list + [8232, 8233, 8239, 8287, 8288, 12288, 65279]) }}
{% endmacro %}

{#- A number's text with a point for its decimal mark. With a comma as the mark, a point is none. -#}
{% macro with_decimal_point(column, decimal_mark) -%}
    {{ "replace(replace(" ~ column ~ ", '.', '?'), ',', '.')" if decimal_mark == ',' else column }}
{%- endmacro %}

{#- What a declared text stands for: an answer, or a missing reason -#}
{% macro code_of_text(item, entry) %}
    {{ return(reason_code(item, entry.missing_reason) if entry.missing_reason else entry.code) }}
{% endmacro %}

{#- Whether a text is the plain spelling of a whole number: what a number column can hold -#}
{% macro is_plain_number(text) %}
    {%- set trimmed = text | string | trim -%}
    {%- set found = trimmed | int(none) -%}
    {{ return(found is not none and trimmed == found | string) }}
{% endmacro %}

{#- Whether a text spells a whole number: digits, with zeros after a point at most. Casting alone would take 1_0 for ten. -#}
{% macro matches_whole_number(column) -%}
    {{ return(adapter.dispatch('matches_whole_number')(column)) }}
{%- endmacro %}

{% macro default__matches_whole_number(column) -%}
    regexp_like({{ column }}, '^[+-]?[0-9]{1,9}([.]0+)?$')
{%- endmacro %}

{% macro duckdb__matches_whole_number(column) -%}
    regexp_full_match({{ column }}, '[+-]?[0-9]{1,9}([.]0+)?')
{%- endmacro %}

{#- Whether a text spells a number: digits, with a point and more digits at most -#}
{% macro matches_number(column) -%}
    {{ return(adapter.dispatch('matches_number')(column)) }}
{%- endmacro %}

{% macro default__matches_number(column) -%}
    regexp_like({{ column }}, '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$')
{%- endmacro %}

{% macro duckdb__matches_number(column) -%}
    regexp_full_match({{ column }}, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)')
{%- endmacro %}
