{#- What people were like at the first wave, by whether they returned a later one: scores, and what the roster knows. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set facts = ref('participant_values') -%}
{%- set states = ref('return_states') -%}

with counted as (
    select measure, '' as category, moment as wave, is_returned, value as amount, n
    from {{ ref('counted_profiles') }}
    where kind = 'scale' and people = 'first' and is_counted
    {%- for wave in codebook_waves()[1:] %}
    union all
    select facts.variable, coalesce(facts.category, ''), {{ text_literal(wave) }}, states.{{ state_in(wave) }} = 0, facts.number, count(*)
    from {{ facts }} as facts
    inner join {{ states }} as states on facts.participant_id = states.participant_id
    where facts.missing_reason is null
    group by facts.variable, coalesce(facts.category, ''), states.{{ state_in(wave) }} = 0, facts.number
    {%- endfor %}
),

means as (
    select measure, category, wave, is_returned, sum(n) as n, {{ exact_sum('amount', 'n') }} / sum(n) as mean
    from counted
    group by measure, category, wave, is_returned
),

squares as (
    select
        counted.measure,
        counted.category,
        counted.wave,
        counted.is_returned,
        {{ exact_sum('(counted.amount - means.mean) * (counted.amount - means.mean)', 'counted.n') }} as total
    from counted
    inner join means
        on counted.measure = means.measure
        and counted.category = means.category
        and counted.wave = means.wave
        and counted.is_returned = means.is_returned
    group by counted.measure, counted.category, counted.wave, counted.is_returned
)

select
    cast(means.measure as varchar) as measure,
    cast(means.category as varchar) as category,
    cast(means.wave as varchar) as wave,
    cast(means.is_returned as boolean) as is_returned,
    cast(means.n as bigint) as n,
    cast(means.mean as double) as mean,
    cast(sqrt({{ sample_moment('squares.total', 'means.n') }}) as double) as sd
from means
inner join squares
    on means.measure = squares.measure
    and means.category = squares.category
    and means.wave = squares.wave
    and means.is_returned = squares.is_returned
