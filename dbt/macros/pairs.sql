{#- The moments of pairs and of patterns of waves, of everybody or of each group of people. People whose group is not known
    are in none of them. Those with covariates: macros/covariates. -#}

{#- The moments of each scale's pairs in each contrast, change in the declared direction. by_group: of each group apart.
    by_subgroup: and in it of each category of the variables whose categories are subgroups -#}
{% macro moments_of_pairs(by_group=false, by_subgroup=false) -%}
{%- set keys = (['people_group'] if by_group else []) + (['variable', 'category'] if by_subgroup else []) + ['contrast', 'scale'] -%}
with people as (
    {%- if by_subgroup %}
    select
        counted.people_group,
        facts.variable,
        facts.category,
        contrasts.contrast,
        counted.measure as scale,
        counted.value_baseline as baseline,
        counted.value_followup as followup,
        counted.value as change,
        1 as n
    from {{ ref('counted_people') }} as counted
    cross join {{ source('codebook', 'contrasts') }} as contrasts
    inner join {{ ref('participant_values') }} as facts
        on counted.participant_id = facts.participant_id and counted.moment = contrasts.contrast || '/' || facts.variable
    where counted.people = 'both_subgroup' and counted.is_counted and counted.people_group is not null
    {%- else %}
    select
        {%- if by_group %}
        people_group,
        {%- endif %}
        moment as contrast,
        measure as scale,
        value_baseline as baseline,
        value_followup as followup,
        value as change,
        n
    from {{ ref('counted_profiles') }}
    where kind = 'scale' and people = 'both' and is_counted{{ ' and people_group is not null' if by_group }}
    {%- endif %}
),

{#- The same two scores are taken together first, whatever the other waves: an exact sum costs many times as much as counting. #}
pairs as (
    select {{ keys | join(', ') }}, baseline, followup, change, cast(sum(n) as bigint) as n
    from people
    group by {{ keys | join(', ') }}, baseline, followup, change
),

means as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        sum(n) as n,
        {{ exact_sum('baseline', 'n') }} / sum(n) as baseline,
        {{ exact_sum('followup', 'n') }} / sum(n) as followup,
        {{ exact_sum('change', 'n') }} / sum(n) as change
    from pairs
    group by {{ keys | join(', ') }}
),

away as (
    select
        {%- for key in keys %}
        pairs.{{ key }},
        {%- endfor %}
        pairs.baseline - means.baseline as baseline,
        pairs.followup - means.followup as followup,
        pairs.change - means.change as change,
        pairs.n
    from pairs
    inner join means on {{ same_keys('pairs', 'means', keys) }}
),

products as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {{ exact_sum('baseline * baseline', 'n') }} as baseline,
        {{ exact_sum('followup * followup', 'n') }} as followup,
        {{ exact_sum('baseline * followup', 'n') }} as shared,
        {{ exact_sum('change * change', 'n') }} as change
    from away
    group by {{ keys | join(', ') }}
)

select
    {%- for key in keys %}
    cast(means.{{ key }} as string) as {{ key }},
    {%- endfor %}
    cast(means.n as bigint) as n,
    cast(means.baseline as double) as mean_baseline,
    cast(sqrt({{ sample_moment('products.baseline', 'means.n') }}) as double) as sd_baseline,
    cast(means.followup as double) as mean_followup,
    cast(sqrt({{ sample_moment('products.followup', 'means.n') }}) as double) as sd_followup,
    cast({{ sample_moment('products.shared', 'means.n') }} as double) as covariance,
    cast(means.change as double) as mean_change,
    cast(sqrt({{ sample_moment('products.change', 'means.n') }}) as double) as sd_change
from means
inner join products on {{ same_keys('means', 'products', keys) }}
{%- endmacro %}

{#- The waves in which people have a score, in order, joined by a plus sign. relation: where the values are, with a point -#}
{% macro waves_with_a_score(relation='') -%}
    concat_ws('+'{% for wave in codebook_waves() %}, case when {{ relation }}{{ value_in(wave) }} is not null then {{ text_literal(wave) }} end{% endfor %})
{%- endmacro %}

{#- The moments of the people who have a score in the same waves, of those for whom the same waves were planned. by_group: of
    each group apart -#}
{% macro moments_of_patterns(by_group=false) -%}
{%- set keys = (['people_group'] if by_group else []) + ['scale', 'pattern', 'planned'] -%}
{%- set waves = codebook_waves() -%}
{%- set pairs = [] %}
{%- for wave in waves %}
{%- for other_wave in waves[loop.index0:] %}{% do pairs.append({'wave': wave, 'other_wave': other_wave}) %}{% endfor %}
{%- endfor %}
{%- set key_types = {} -%}
{%- for key in keys %}{% do key_types.update({key: 'string'}) %}{% endfor -%}
{%- set empty_products = dict(key_types, wave='string', other_wave='string', total='double') -%}
{%- set empty_means = dict(key_types, wave='string', n='bigint', mean='double') -%}
with patterns as (
    select
        {%- if by_group %}
        people_group,
        {%- endif %}
        measure as scale,
        {{ waves_with_a_score() }} as pattern,
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
    where kind = 'scale'{{ ' and people_group is not null' if by_group }}
),

means as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for wave in waves %}
        {{ exact_sum(value_in(wave), 'n') }} / sum(n) as {{ value_in(wave) }},
        {%- endfor %}
        sum(n) as n
    from patterns
    where pattern <> ''
    group by {{ keys | join(', ') }}
),

away as (
    select
        {%- for key in keys %}
        patterns.{{ key }},
        {%- endfor %}
        {%- for wave in waves %}
        patterns.{{ value_in(wave) }} - means.{{ value_in(wave) }} as {{ value_in(wave) }},
        {%- endfor %}
        patterns.n
    from patterns
    inner join means on {{ same_keys('patterns', 'means', keys) }}
),

totals as (
    select
        {{ keys | join(', ') }}
        {%- for pair in pairs %},
        {{ exact_sum(value_in(pair.wave) ~ ' * ' ~ value_in(pair.other_wave), 'n') }} as {{ quoted('total_' ~ loop.index) }}
        {%- endfor %}
    from away
    group by {{ keys | join(', ') }}
),

products as (
    {% call(pair) union_over(pairs, empty_products) %}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {{ text_literal(pair.wave) }} as wave,
        {{ text_literal(pair.other_wave) }} as other_wave,
        {{ quoted('total_' ~ (pairs.index(pair) + 1)) }} as total
    from totals
    {% endcall %}
),

wave_means as (
    {% call(wave) union_over(waves, empty_means) %}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {{ text_literal(wave) }} as wave,
        n,
        {{ value_in(wave) }} as mean
    from means
    {% endcall %}
)

select
    {%- for key in keys %}
    cast(products.{{ key }} as string) as {{ key }},
    {%- endfor %}
    cast(products.wave as string) as wave,
    cast(products.other_wave as string) as other_wave,
    cast(means.n as bigint) as n,
    cast(means.mean as double) as mean,
    cast(others.mean as double) as other_mean,
    cast(products.total as double) as cross_products
from products
inner join wave_means as means
    on {{ same_keys('products', 'means', keys) }} and products.wave = means.wave
inner join wave_means as others
    on {{ same_keys('products', 'others', keys) }} and products.other_wave = others.wave
where products.total is not null
{%- endmacro %}
