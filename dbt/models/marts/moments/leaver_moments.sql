{#- What people were like at the first wave, by whether they returned a later one: scores, and what the roster knows. Of those
    only for whom the later wave was planned. -#}
-- depends_on: {{ ref('participant_values') }}
-- depends_on: {{ ref('return_states') }}
{%- set scores %}
select
    measure,
    '' as category,
    moment as wave,
    is_returned,
    value as amount,
    n
from {{ ref('counted_profiles') }}
where kind = 'scale' and people = 'first' and is_counted
{%- endset %}

with counted as (
    {% call(wave) union_over(codebook_waves()[1:], before=scores) %}
    select
        facts.variable,
        coalesce(facts.category, ''),
        {{ text_literal(wave) }},
        states.{{ state_in(wave) }} = 0,
        facts.number,
        count(*)
    from {{ ref('participant_values') }} as facts
    inner join {{ ref('return_states') }} as states on facts.participant_id = states.participant_id
    where facts.missing_reason is null and {{ was_planned('states.' ~ state_in(wave)) }}
    group by facts.variable, coalesce(facts.category, ''), states.{{ state_in(wave) }} = 0, facts.number
    {% endcall %}
),

moments as (
    {{ moments_of('counted', ['measure', 'category', 'wave', 'is_returned'], 'amount') }}
)

select
    cast(measure as string) as measure,
    cast(category as string) as category,
    cast(wave as string) as wave,
    cast(is_returned as boolean) as is_returned,
    n,
    mean,
    sd
from moments
