{#- How long a sheet took. Belongs here: reading the cell of an export that says so, in the unit that is declared. -#}

{#- A cell in seconds; null where it is blank, below 0 or no length of time in the unit. The time of a repeat group's rows is in
    that of their submission. table: as codebook_wave_tables has it. column: the cell's text. -#}
{% macro read_seconds(column, table) -%}
    {%- set number = with_decimal_point(column, table.duration_mark) -%}
    {%- set factors = {'seconds': 1, 'milliseconds': 0.001, 'minutes': 60} -%}
    {%- if table.duration_unit == 'of_submission' -%}
    cast(0 as double)
    {%- elif table.duration_unit == 'clock' -%}
    case
        when {{ adapter.dispatch('matches_all')(number, '[0-9]+:[0-5]?[0-9]:[0-5]?[0-9]([.][0-9]+)?') }}
            then cast({{ part_of_clock(number, 1) }} as double) * 3600 + cast({{ part_of_clock(number, 2) }} as double) * 60 + cast({{ part_of_clock(number, 3) }} as double)
    end
    {%- elif table.duration_unit in factors -%}
    case
        when {{ matches_number(number) }} and cast({{ number }} as double) >= 0
            then cast({{ number }} as double) * {{ factors[table.duration_unit] }}
    end
    {%- else -%}
    cast(null as double)
    {%- endif -%}
{%- endmacro %}

{#- Hours, minutes or seconds of a text such as 0:12:30 -#}
{% macro part_of_clock(text, number) -%}
    {{ dbt.split_part(text, "':'", number) }}
{%- endmacro %}

{#- What a cell that is rejected does not fit, and what can be done -#}
{% macro rejected_duration_words(unit) -%}
    no length of time {{ 'written hours:minutes:seconds' if unit == 'clock' else 'in ' ~ unit ~ ', 0 or more' }}; correct the cell, or unit under duration of the export
{%- endmacro %}
