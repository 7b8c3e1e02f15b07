{#- The moments of the people who have a score in the same waves, of those for whom the same waves were planned: what a mixed
    model, imputation and a test of missingness need, whatever the number of people. -#}
{%- set waves = codebook_waves() %}
{%- set pairs = [] %}
{%- for wave in waves %}
{%- for other_wave in waves[loop.index0:] %}{% do pairs.append({'wave': wave, 'other_wave': other_wave}) %}{% endfor %}
{%- endfor %}
{%- set empty_products = {
    'scale': 'varchar', 'pattern': 'varchar', 'planned': 'varchar', 'wave': 'varchar', 'other_wave': 'varchar', 'total': 'double',
} %}
{%- set empty_means = {'scale': 'varchar', 'pattern': 'varchar', 'planned': 'varchar', 'wave': 'varchar', 'n': 'bigint', 'mean': 'double'} %}

with patterns as (
    select
        measure as scale,
        concat_ws(
            '+'
            {%- for wave in waves %},
            case when {{ value_in(wave) }} is not null then {{ text_literal(wave) }} end
            {%- endfor %}
        ) as pattern,
        concat_ws(
            '+'
            {%- for wave in waves %},
            case when not {{ is_unplanned(wave) }} then {{ text_literal(wave) }} end
            {%- endfor %}
        ) as planned,
        {%- for wave in waves %}
        {{ value_in(wave) }},
        {%- endfor %}
        n
    from {{ ref('score_profiles') }}
    where kind = 'scale'
),

means as (
    select
        scale,
        pattern,
        planned,
        {%- for wave in waves %}
        {{ exact_sum(value_in(wave), 'n') }} / sum(n) as {{ value_in(wave) }},
        {%- endfor %}
        sum(n) as n
    from patterns
    where pattern <> ''
    group by scale, pattern, planned
),

away as (
    select
        patterns.scale,
        patterns.pattern,
        patterns.planned,
        {%- for wave in waves %}
        patterns.{{ value_in(wave) }} - means.{{ value_in(wave) }} as {{ value_in(wave) }},
        {%- endfor %}
        patterns.n
    from patterns
    inner join means on patterns.scale = means.scale and patterns.pattern = means.pattern and patterns.planned = means.planned
),

products as (
    {% call(pair) union_over(pairs, empty_products) %}
    select
        scale,
        pattern,
        planned,
        {{ text_literal(pair.wave) }} as wave,
        {{ text_literal(pair.other_wave) }} as other_wave,
        {{ exact_sum(value_in(pair.wave) ~ ' * ' ~ value_in(pair.other_wave), 'n') }} as total
    from away
    group by scale, pattern, planned
    {% endcall %}
),

wave_means as (
    {% call(wave) union_over(waves, empty_means) %}
    select
        scale,
        pattern,
        planned,
        {{ text_literal(wave) }} as wave,
        n,
        {{ value_in(wave) }} as mean
    from means
    {% endcall %}
)

select
    cast(products.scale as varchar) as scale,
    cast(products.pattern as varchar) as pattern,
    cast(products.planned as varchar) as planned,
    cast(products.wave as varchar) as wave,
    cast(products.other_wave as varchar) as other_wave,
    cast(means.n as bigint) as n,
    cast(means.mean as double) as mean,
    cast(others.mean as double) as other_mean,
    cast(products.total as double) as cross_products
from products
inner join wave_means as means
    on products.scale = means.scale and products.pattern = means.pattern and products.planned = means.planned and products.wave = means.wave
inner join wave_means as others
    on products.scale = others.scale and products.pattern = others.pattern and products.planned = others.planned and products.other_wave = others.wave
where products.total is not null
