{#- What people were like at the first wave, by whether they returned a later one: scores, and what the roster knows. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set people = ref('participants') -%}
{%- set variables = codebook_variables() %}

with returns as (
    select sheets.participant_id, sheets.wave, sheets.is_returned
    from {{ ref('answer_sheets') }} as sheets
    inner join {{ source('codebook', 'waves') }} as waves on sheets.wave = waves.wave
    where waves.wave_order > 1
),

facts as (
    select scores.participant_id, scores.scale as measure, null::varchar as category, scores.score as amount
    from {{ ref('scale_scores') }} as scores
    inner join {{ source('codebook', 'waves') }} as waves on scores.wave = waves.wave
    where waves.wave_order = 1 and scores.score is not null
    {%- for variable in variables %}
    union all
    select participant_id, {{ text_literal(variable.variable) }},
        {%- if variable.kind == 'number' %} null, {{ quoted(variable.variable) }}::double
        {%- else %} {{ quoted(variable.variable) }}::varchar, null
        {%- endif %}
    from {{ people }}
    where {{ quoted(variable.variable) }} is not null
    {%- endfor %}
)

select
    facts.measure::varchar as measure,
    coalesce(facts.category, '')::varchar as category,
    returns.wave::varchar as wave,
    returns.is_returned::boolean as is_returned,
    count(*)::bigint as n,
    avg(facts.amount order by facts.participant_id)::double as mean,
    stddev_samp(facts.amount order by facts.participant_id)::double as sd
from facts
inner join returns on facts.participant_id = returns.participant_id
group by facts.measure, facts.category, returns.wave, returns.is_returned
