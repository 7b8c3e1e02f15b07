{#- How one answer is kept: a whole number, of an item whose answers have decimals in units of the last of them (7.5 is 75). An
    answer between its anchors is itself; a missing answer is a number below them, which says why. One number decides both, so
    an answer cannot have a value and a missing reason at once. -#}

{#- How many of the whole numbers that an item's answers are kept as make one -#}
{% macro units_in_one(item) %}
    {{ return(10 ** (item.decimals or 0)) }}
{% endmacro %}

{#- The type in which an item's answers are kept: wide enough for its anchors, and for the reasons below them -#}
{% macro answer_type(item) %}
    {%- set largest = [-item.low, item.high] | max -%}
    {{ return('smallint' if largest <= 30000 else 'integer' if largest <= 999999999 else 'bigint') }}
{% endmacro %}

{#- The type of the answers to all items, as they were answered -#}
{% macro common_answer_type(items) %}
    {%- if items | selectattr('decimals') | list -%}{{ return('double') }}{%- endif -%}
    {%- set wide = [] -%}
    {%- for item in items if answer_type(item) != 'smallint' %}{% do wide.append(item) %}{% endfor -%}
    {{ return('integer' if wide else 'smallint') }}
{% endmacro %}

{#- A number that is kept, as it was answered -#}
{% macro as_answered(item, number) -%}
    {{ number if units_in_one(item) == 1 else 'cast(' ~ number ~ ' as double) / ' ~ units_in_one(item) }}
{%- endmacro %}

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
    case when {{ is_answer(item) }} then {{ as_answered(item, quoted(item.item)) }} end
{%- endmacro %}

{#- The answer as it counts in a score, in the item's units: by its table (codebook.item_answers) where it is recoded, taken
    from `turned_from` (codebook.items) where it is reversed; a skip as the number that is declared for it -#}
{% macro keyed_answer(item) -%}
    {%- if counted_skip(item) is not none -%}
    case when {{ is_valid_skip(item) }} then {{ counted_skip(item) }} else {{ keyed_if_answered(item) }} end
    {%- else -%}
    {{ keyed_if_answered(item) }}
    {%- endif -%}
{%- endmacro %}

{% macro keyed_if_answered(item) -%}
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
    {%- set units, numbers, ranges = units_in_one(item), [], texts | selectattr('is_range') | list -%}
    {#- Of a service, yes or no, and a category only what is declared is an answer. -#}
    {%- set takes_numbers = item.kind not in kinds_of_answers() -%}
    {%- for entry in texts if not entry.is_range -%}
    {%- set spelled = number_of_text(entry.answer_text, decimal_mark) -%}
    {%- if spelled is not none %}{% do numbers.append({'number': spelled, 'code': code_of_text(item, entry)}) %}{% endif -%}
    {%- endfor -%}
    {%- if is_number -%}
    {%- set answer = column if units == 1 else 'cast(' ~ column ~ ' as double) * ' ~ units -%}
    {#- Nearly all cells are answers: that is asked first, but for declared numbers between the anchors. #}
    case
        {%- for entry in numbers if item.low <= entry.number * units <= item.high %}
        when {{ column }} = {{ entry.number }} then {{ entry.code }}
        {%- endfor %}
        {%- for entry in ranges if meets(entry, item) %}
        when {{ is_in_range(column, entry) }} then {{ code_of_text(item, entry) }}
        {%- endfor %}
        {%- if takes_numbers %}
        when {{ is_allowed(item, answer) }} then {{ answer }}
        {%- endif %}
        when {{ column }} is null then {{ reason_code(item, 'blank') }}
        {%- for entry in numbers if not item.low <= entry.number * units <= item.high %}
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
    {%- set exact = 'cast(' ~ number ~ ' as double)' ~ (' * ' ~ units if units > 1 else '') -%}
    {%- set answer = exact if units == 1 else 'round(' ~ exact ~ ')' -%}
    {%- set inner_ranges = [] -%}
    {%- for entry in ranges if meets(entry, item) %}{% do inner_ranges.append(entry) %}{% endfor %}
    case coalesce({{ column }}, '')
        when '' then {{ reason_code(item, 'blank') }}
        {%- for entry in texts if not entry.is_range %}
        when {{ text_literal(entry.answer_text | string | trim) }} then {{ code_of_text(item, entry) }}
        {%- endfor %}
        {%- if takes_numbers and units == 1 and item.high - item.low <= 20 and not inner_ranges %}
        {%- for answer in allowed_answers(item) if answer | string not in declared %}
        when '{{ answer }}' then {{ answer }}
        {%- endfor %}
        {%- endif %}
        {%- if takes_numbers or numbers or ranges %}
        else case
            {%- for entry in numbers %}
            when {{ matches_number(number) }} and cast({{ number }} as double) = {{ entry.number }} then {{ entry.code }}
            {%- endfor %}
            {%- for entry in ranges %}
            when {{ matches_number(number) }} and {{ is_in_range('cast(' ~ number ~ ' as double)', entry) }} then {{ code_of_text(item, entry) }}
            {%- endfor %}
            {%- if takes_numbers and units == 1 %}
            when {{ matches_whole_number(number) }} and {{ is_allowed(item, answer) }} then {{ answer }}
            {%- elif takes_numbers %}
            {#- A program's 0.30000000000000004 is 0.3. #}
            when {{ matches_number(number) }}{{ ' and abs(' ~ exact ~ ' - ' ~ answer ~ ') <= 1e-9' if not item.takes_any_decimals }} and {{ is_allowed(item, answer) }} then {{ answer }}
            {%- endif %}
            else {{ reason_code(item, 'invalid') }}
        end
        {%- else %}
        else {{ reason_code(item, 'invalid') }}
        {%- endif %}
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
        {%- set spelled = number_of_text(entry.answer_text, decimal_mark) %}
        {%- if spelled is not none %}
        when {{ matches_number(column) }} and cast({{ column }} as double) = {{ spelled }} then '{{ entry.missing_reason }}'
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
    {%- set units = units_in_one(item) -%}
    {{ return((entry.low is none or entry.low | float * units <= item.high) and (entry.high is none or entry.high | float * units >= item.low)) }}
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

{#- Texts are in NFC already (models/spark.py): Spark cannot bring them there -#}
{% macro spark__cell_text(column) -%}
    trim(both '{% for code in invisible_characters() %}{{ '\\u%04x' | format(code) }}{% endfor %}' from {{ column }})
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

{#- The number that a declared text spells, or none -#}
{% macro number_of_text(text, decimal_mark) %}
    {%- set trimmed = text | string | trim -%}
    {%- set pointed = trimmed | replace('.', '?') | replace(',', '.') if decimal_mark == ',' else trimmed -%}
    {%- if not modules.re.fullmatch('[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)', pointed, modules.re.ASCII) %}{{ return(none) }}{% endif -%}
    {%- set number = pointed | float -%}
    {{ return(number | int if number == number | int else number) }}
{% endmacro %}

{#- Whether a text spells a whole number: digits, with zeros after a point at most. Casting alone would take 1_0 for ten. -#}
{% macro matches_whole_number(column) -%}
    {{ return(adapter.dispatch('matches_all')(column, '[+-]?[0-9]{1,9}([.]0+)?')) }}
{%- endmacro %}

{#- Whether a text spells a number: digits, with a point and more digits at most -#}
{% macro matches_number(column) -%}
    {{ return(adapter.dispatch('matches_all')(column, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)')) }}
{%- endmacro %}

{#- Whether a regular expression matches a whole text -#}
{% macro default__matches_all(column, pattern) -%}
    regexp_like({{ column }}, '^({{ pattern }})$')
{%- endmacro %}

{% macro duckdb__matches_all(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}
