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
),

placed as (
    select facts.measure, coalesce(facts.category, '') as category, returns.wave, returns.is_returned, facts.amount
    from facts
    inner join returns on facts.participant_id = returns.participant_id
),

means as (
    select measure, category, wave, is_returned, count(*) as n, {{ exact_sum('amount') }} / count(*) as mean
    from placed
    group by measure, category, wave, is_returned
),

squares as (
    select
        placed.measure,
        placed.category,
        placed.wave,
        placed.is_returned,
        {{ exact_sum('(placed.amount - means.mean) * (placed.amount - means.mean)') }} as total
    from placed
    inner join means
        on placed.measure = means.measure
        and placed.category = means.category
        and placed.wave = means.wave
        and placed.is_returned = means.is_returned
    group by placed.measure, placed.category, placed.wave, placed.is_returned
)

select
    means.measure::varchar as measure,
    means.category::varchar as category,
    means.wave::varchar as wave,
    means.is_returned::boolean as is_returned,
    means.n::bigint as n,
    means.mean::double as mean,
    sqrt({{ sample_moment('squares.total', 'means.n') }})::double as sd
from means
inner join squares
    on means.measure = squares.measure
    and means.category = squares.category
    and means.wave = squares.wave
    and means.is_returned = squares.is_returned
