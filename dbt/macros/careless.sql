{#- Signs of careless answers: within a block of items how long the longest run of identical answers is, and how little a
    person's answers differ; of a whole sheet how little time an answer took. Answers count as they were given, before any item is reversed. Nobody is excluded by them. -#}

{#- Each block that is judged: block, items_total, least_answers, least_run, most_sd (null where this sign is not looked for),
    waves (in which it was asked) and items, in their order -#}
{% macro codebook_careless() %}
    {% set blocks_query %}
        select
            block,
            cast(least_answers as integer) as least_answers,
            cast(least_run as integer) as least_run,
            cast(most_sd as string) as most_sd
        from {{ source('codebook', 'careless') }}
        where least_run is not null
        order by block_order
    {% endset %}
    {% set waves_query %}
        select distinct items.instrument, wave_items.wave
        from {{ source('codebook', 'wave_items') }} as wave_items
        inner join {{ source('codebook', 'items') }} as items on wave_items.item = items.item
        where wave_items.status = 'asked'
        order by items.instrument, wave_items.wave
    {% endset %}
    {% set blocks = codebook_rows(blocks_query) %}
    {% for block in blocks %}
        {% set waves = codebook_rows(waves_query) | selectattr('instrument', 'equalto', block.block) | map(attribute='wave') | list %}
        {% do block.update({'waves': waves, 'items': codebook_items() | selectattr('instrument', 'equalto', block.block) | list}) %}
    {% endfor %}
    {{ return(blocks) }}
{% endmacro %}

{#- Whether the time of whole sheets is judged: at most one entry, with block, least_seconds_per_item, waves (whose exports say how
    long a sheet took) and items, all those of instruments -#}
{% macro codebook_short_time() %}
    {% set limit_query %}
        select block, cast(least_seconds_per_item as string) as least_seconds_per_item
        from {{ source('codebook', 'careless') }}
        where least_seconds_per_item is not null
    {% endset %}
    {% set waves_query %}
        select distinct wave
        from {{ source('codebook', 'wave_exports') }}
        where duration_column is not null
        order by wave
    {% endset %}
    {% set limits = codebook_rows(limit_query) %}
    {% for limit in limits %}
        {% set items = codebook_items() | rejectattr('instrument', 'in', ['measures', 'services']) | list %}
        {% do limit.update({'waves': codebook_rows(waves_query) | map(attribute='wave') | list, 'items': items}) %}
    {% endfor %}
    {{ return(limits) }}
{% endmacro %}

{#- For each item, run_1, run_2, …: how many answers up to it are the same without a break. An item without an answer breaks a
    run and is in none. Each column is made of the one before it. -#}
{% macro runs_of(items) -%}
    {%- for item in items %}
    case
        when not coalesce({{ is_answer(item) }}, false) then 0
        {%- if not loop.first %}
        when {{ quoted(item.item) }} = {{ quoted(items[loop.index0 - 1].item) }} then {{ 'run_' ~ loop.index0 }} + 1
        {%- endif %}
        else 1
    end as {{ 'run_' ~ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A sum over the answers to some items, each as a term; items without an answer add nothing -#}
{% macro sum_of_answers(items, power) -%}
    {%- for item in items -%}
    case when {{ is_answer(item) }} then {{ (['cast(' ~ quoted(item.item) ~ ' as bigint)'] * power) | join(' * ') if power else 1 }} else 0 end
    {{- ' + ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The SD (denominator n - 1) of n_answers whole numbers from their sums, in units of an answer -#}
{% macro sd_from_sums(units) -%}
    case
        when n_answers > 1
            then sqrt((n_answers * sum_of_squares - sum_of_answers * sum_of_answers) / (n_answers * (n_answers - 1.0))){{ ' / ' ~ units if units != 1 }}
    end
{%- endmacro %}
