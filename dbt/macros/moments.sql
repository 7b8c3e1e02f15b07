{#- Sums that do not depend on the order of rows, nor on the engine. A double is taken apart into its whole part and the rest
    times 2^52, both whole numbers; whole numbers are added exactly in any order, and put together again with one rounding.
    Added as doubles, the last digit would change from run to run, and with it the release. What the rest loses is below
    2^-53. -#}

{#- The sum of a value over people, each row standing for `weight` of them; null where no value is known -#}
{% macro exact_sum(value, weight='1') -%}
    {%- set whole = 'sum(' ~ whole_number('floor(' ~ value ~ ')') ~ ' * ' ~ weight ~ ')' -%}
    {%- set rest = 'sum(' ~ whole_number('round((' ~ value ~ ' - floor(' ~ value ~ ')) * 4503599627370496.0)') ~ ' * ' ~ weight ~ ')' -%}
    (cast({{ whole }} + {{ whole_division(rest, '4503599627370496') }} as double) + cast({{ rest }} % 4503599627370496 as double) / 4503599627370496.0)
{%- endmacro %}

{#- A double without a fraction as a whole number of at least 38 digits -#}
{% macro whole_number(expression) -%}
    {{ return(adapter.dispatch('whole_number')(expression)) }}
{%- endmacro %}

{% macro default__whole_number(expression) -%}
    cast({{ expression }} as decimal(38, 0))
{%- endmacro %}

{% macro duckdb__whole_number(expression) -%}
    cast({{ expression }} as hugeint)
{%- endmacro %}

{#- How often one whole number goes into another, neither below zero. What is left over is taken off before: a quotient of decimals
    has some digits only, and would be rounded up to the next whole number. -#}
{% macro whole_division(number, by) -%}
    {{ return(adapter.dispatch('whole_division')(number, by)) }}
{%- endmacro %}

{% macro default__whole_division(number, by) -%}
    floor(({{ number }} - {{ number }} % {{ by }}) / {{ by }})
{%- endmacro %}

{% macro duckdb__whole_division(number, by) -%}
    {{ number }} // {{ by }}
{%- endmacro %}

{#- A double with some digits behind the point, a half away from zero. Engines' own way with digits differ: some scale, round and
    scale back, as here, others round the number that they would print. -#}
{% macro rounded(value, digits) -%}
    (round(({{ value }}) * 1e{{ digits }}) / 1e{{ digits }})
{%- endmacro %}

{#- The n, mean, SD (n - 1), minimum and maximum of a value in each group of a relation, a row of which stands for
    `n` people. Rows of the same value are taken together first: an exact sum costs many times as much as counting -#}
{% macro moments_of(relation, groups, value='value') -%}
    with amounts as (
        select {{ groups | join(', ') }}, {{ value }} as amount, cast(sum(n) as bigint) as n
        from {{ relation }}
        group by {{ groups | join(', ') }}, {{ value }}
    ),

    means as (
        select {{ groups | join(', ') }}, sum(n) as n, {{ exact_sum('amount', 'n') }} / sum(n) as mean, min(amount) as min, max(amount) as max
        from amounts
        group by {{ groups | join(', ') }}
    ),

    squares as (
        select
            {%- for group in groups %}
            amounts.{{ group }},
            {%- endfor %}
            {{ exact_sum('(amounts.amount - means.mean) * (amounts.amount - means.mean)', 'amounts.n') }} as total
        from amounts
        inner join means on {{ same_keys('amounts', 'means', groups) }}
        group by {% for group in groups %}amounts.{{ group }}{{ ', ' if not loop.last }}{% endfor %}
    )

    select
        {%- for group in groups %}
        means.{{ group }},
        {%- endfor %}
        cast(means.n as bigint) as n,
        cast(means.mean as double) as mean,
        cast(sqrt({{ sample_moment('squares.total', 'means.n') }}) as double) as sd,
        cast(means.min as double) as min,
        cast(means.max as double) as max
    from means
    inner join squares on {{ same_keys('means', 'squares', groups) }}
{%- endmacro %}

{#- That two relations agree on some columns -#}
{% macro same_keys(first, second, keys) -%}
    {%- for key in keys -%}
    {{ first }}.{{ key }} = {{ second }}.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Sample variance or covariance from a sum of products of deviations; null below two people -#}
{% macro sample_moment(products, n) -%}
    {{ products }} / nullif({{ n }} - 1, 0)
{%- endmacro %}

{#- In how many ways one query groups: each is a table in memory, so a long list of items is taken in parts -#}
{% macro grouping_sets_at_once() %}
    {{ return(adapter.dispatch('grouping_sets_at_once')()) }}
{% endmacro %}

{% macro default__grouping_sets_at_once() %}
    {{ return(16) }}
{% endmacro %}

{#- Spark groups by 64 columns at most: a measure has two of its own in each wave, and each wave one for all -#}
{% macro spark__grouping_sets_at_once() %}
    {%- set waves = [codebook_waves() | length, 1] | max -%}
    {{ return([((63 - waves) / (2 * waves)) | int, 1] | max) }}
{% endmacro %}

{#- A query's row once for each of some entries, a value of several fields: name to expression, the same names in each -#}
{% macro one_row_each(entries) -%}
    {{ return(adapter.dispatch('one_row_each')(entries)) }}
{%- endmacro %}

{% macro duckdb__one_row_each(entries) -%}
    unnest([
        {%- for entry in entries %}
        {% raw %}{{% endraw %}{% for name, expression in entry.items() %}'{{ name }}': {{ expression }}{{ ', ' if not loop.last }}{% endfor %}{% raw %}}{% endraw %}{{ ',' if not loop.last }}
        {%- endfor %}
    ])
{%- endmacro %}

{% macro spark__one_row_each(entries) -%}
    explode(array(
        {%- for entry in entries %}
        named_struct({% for name, expression in entry.items() %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
