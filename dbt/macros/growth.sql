{#- When people answered, and what a model of growth takes of their scores. -#}

{#- time (answered_on or planned), days_per_unit: one entry where a model of growth is declared, else none -#}
{% macro codebook_growth() %}
    {% set query %}
        select time, days_per_unit
        from {{ source('codebook', 'growth') }}
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- wave, earliest_day, latest_day: of the waves with a visit window -#}
{% macro codebook_visit_windows() %}
    {% set query %}
        select wave, cast(earliest_day as integer) as earliest_day, cast(latest_day as integer) as latest_day
        from {{ source('codebook', 'visit_windows') }}
        order by wave
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- wave, days: of each wave in its order, the days from the first wave's month to its own -#}
{% macro codebook_planned_days() %}
    {% set query %}
        select wave, (month - first_value(month) over (order by wave_order)) * 365.25 / 12.0 as days
        from {{ source('codebook', 'waves') }}
        order by wave_order
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- wave, days, far_off_days: of each later wave its planned days from baseline, and how far from them an answer is far off -#}
{% macro codebook_far_off_days() %}
    {% set query %}
        select wave, days, far_off_days
        from (
            select
                wave, wave_order, far_off_days,
                (month - first_value(month) over (order by wave_order)) * 365.25 / 12.0 as days
            from {{ source('codebook', 'waves') }}
        ) as waves
        where wave_order > 1
        order by wave_order
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- Whether anything asks for the days on which waves were answered -#}
{% macro counts_days() %}
    {{ return((codebook_visit_windows() or codebook_growth() | selectattr('time', 'equalto', 'answered_on') | list) | length > 0) }}
{% endmacro %}

{#- The days of a wave, from the person's baseline; null where they are not known -#}
{% macro day_in(wave) -%}
    {{ quoted('day_' ~ wave) }}
{%- endmacro %}

{#- Why the days of a wave that was returned are not known -#}
{% macro day_reason_in(wave) -%}
    {{ quoted('day_reason_' ~ wave) }}
{%- endmacro %}

{#- A row a person of the roster: the time of each wave, by the days on which people answered, or as planned -#}
{% macro days_of_people(time) -%}
    {%- set waves = codebook_waves() -%}
    {%- if time == 'planned' -%}
    select
        participant_id
        {%- for entry in codebook_planned_days() %},
        cast({{ entry.days }} as double) as {{ day_in(entry.wave) }},
        cast(null as string) as {{ day_reason_in(entry.wave) }}
        {%- endfor %}
    from {{ ref('participants') }}
    {%- else -%}
    select
        people.participant_id
        {%- for wave in waves %},
        max(case when days.wave = {{ text_literal(wave) }} then cast(days.days_from_baseline as double) end) as {{ day_in(wave) }},
        max(case when days.wave = {{ text_literal(wave) }} then days.missing_reason end) as {{ day_reason_in(wave) }}
        {%- endfor %}
    from {{ ref('participants') }} as people
    left join {{ ref('answer_days') }} as days on people.participant_id = days.participant_id
    group by people.participant_id
    {%- endif -%}
{%- endmacro %}

{#- Whether a row of profiles with days has a score at a known time in a wave -#}
{% macro has_timed_score(wave) -%}
    ({{ status_in(wave) }} >= 0 and {{ day_in(wave) }} is not null)
{%- endmacro %}

{#- Who counts in a model of growth: whoever has a score at a known time, and all of some facts. Rows as of counted_rows, of scales
    alone. relation: with the columns of days_of_people, and `<variable>__missing` of each variable -#}
{% macro counted_with_times(relation, unit, rule='timed', variables=[]) -%}
    {%- set waves = codebook_waves() -%}
    select {{ (['measure', 'kind'] + unit) | join(', ') }}, {{ text_literal(rule) }} as people, '' as moment,
        {{ has_all_facts(variables) ~ ' and (' if variables else '(' }}{% for wave in waves %}{{ has_timed_score(wave) }}{{ ' or ' if not loop.last }}{% else %}false{% endfor %}) as is_counted,
        cast(null as double) as value, cast(null as double) as value_baseline, cast(null as double) as value_followup,
        cast(null as boolean) as is_returned,
        nullif(concat_ws(', '
            {%- for wave in waves %},
            {{ text_literal(wave ~ ': ') }} || coalesce({{ reason_words(status_in(wave)) }}, {{ day_reason_in(wave) }})
            {%- endfor %}{% if variables %}, {{ missing_facts(variables) }}{% endif %}), '') as reason
    from {{ relation }}
    where kind = 'scale'
{%- endmacro %}

{#- Who returned a wave, and on which day from the baseline: rows of counted_people -#}
{% macro counted_returns() -%}
    select
        returns.participant_id,
        states.people_group,
        'returns' as measure,
        'return' as kind,
        'returned' as people,
        returns.wave as moment,
        returns.is_returned as is_counted,
        cast(days.days_from_baseline as double) as value,
        cast(null as double) as value_baseline,
        cast(null as double) as value_followup,
        cast(null as boolean) as is_returned,
        coalesce(returns.missing_reason, days.missing_reason) as reason
    from {{ ref('returns') }} as returns
    inner join {{ ref('return_states') }} as states on returns.participant_id = states.participant_id
    left join {{ ref('answer_days') }} as days on returns.participant_id = days.participant_id and returns.wave = days.wave
{%- endmacro %}

{#- A row a scale and person with a score at a known time: sums over the person's scores. Scores are taken from their mean, so that
    sums of squares keep their digits. -#}
{% macro sums_over_times(time) -%}
    {%- set waves = codebook_waves() -%}
with days as (
    {{ days_of_people(time) }}
),

scores as (
    select
        profiles.participant_id,
        profiles.measure as scale,
        profiles.people_group
        {%- for wave in waves %},
        case when {{ has_timed_score(wave) }} then profiles.{{ value_in(wave) }} end as {{ value_in(wave) }},
        case when {{ has_timed_score(wave) }} then days.{{ day_in(wave) }} end as {{ day_in(wave) }}
        {%- endfor %}
    from {{ ref('person_profiles') }} as profiles
    inner join days on profiles.participant_id = days.participant_id
    where profiles.kind = 'scale'
),

counts as (
    select
        *,
        {% for wave in waves %}case when {{ value_in(wave) }} is null then 0 else 1 end{{ ' + ' if not loop.last }}{% endfor %} as scores,
        {% for wave in waves %}coalesce({{ value_in(wave) }}, 0.0){{ ' + ' if not loop.last }}{% endfor %} as total
    from scores
),

centres as (
    select scale, {{ exact_sum('total') }} / sum(scores) as centre
    from counts
    where scores > 0
    group by scale
),

sums as (
    select
        counts.participant_id,
        counts.scale,
        counts.people_group,
        centres.centre,
        counts.scores,
        {% for wave in waves %}coalesce({{ day_in(wave) }}, 0.0){{ ' + ' if not loop.last }}{% endfor %} as days,
        {% for wave in waves %}coalesce({{ day_in(wave) }} * {{ day_in(wave) }}, 0.0){{ ' + ' if not loop.last }}{% endfor %} as squared_days,
        {% for wave in waves %}coalesce({{ value_in(wave) }} - centres.centre, 0.0){{ ' + ' if not loop.last }}{% endfor %} as score_sum,
        {% for wave in waves %}coalesce({{ day_in(wave) }} * ({{ value_in(wave) }} - centres.centre), 0.0){{ ' + ' if not loop.last }}{% endfor %} as product_sum,
        {% for wave in waves %}coalesce(({{ value_in(wave) }} - centres.centre) * ({{ value_in(wave) }} - centres.centre), 0.0){{ ' + ' if not loop.last }}{% endfor %} as square_sum
    from counts
    inner join centres on counts.scale = centres.scale
    where counts.scores > 0
)

select *
from sums
{%- endmacro %}

{#- The sums that a model of growth is made of: of the people of a group whose scores have the same times -#}
{% macro moments_of_growth(time) -%}
with people as (
    {{ sums_over_times(time) }}
)

select
    cast(scale as string) as scale,
    cast(people_group as string) as people_group,
    cast(scores as bigint) as scores,
    cast(days as double) as days,
    cast(squared_days as double) as squared_days,
    cast(count(*) as bigint) as n,
    cast(max(centre) as double) as centre,
    cast({{ exact_sum('score_sum') }} as double) as score_sum,
    cast({{ exact_sum('product_sum') }} as double) as product_sum,
    cast({{ exact_sum('square_sum') }} as double) as square_sum,
    cast({{ exact_sum('score_sum * score_sum') }} as double) as score_score,
    cast({{ exact_sum('score_sum * product_sum') }} as double) as score_product,
    cast({{ exact_sum('product_sum * product_sum') }} as double) as product_product
from people
group by scale, people_group, scores, days, squared_days
{%- endmacro %}

{#- The terms of a model of growth with covariates: a person's sums over scores, then the covariates -#}
{% macro growth_terms() %}
    {% set terms = [] %}
    {% for name in ['score_sum', 'product_sum', 'square_sum'] %}{% do terms.append({'term': name, 'column': name}) %}{% endfor %}
    {{ return(terms + covariate_terms()) }}
{% endmacro %}

{#- The moments of people's sums over scores and of the covariates, of the people of a group whose scores have the same times. One
    person has no products of deviations. -#}
{% macro moments_of_growth_with_covariates(time, terms) -%}
{%- set people %}
    select
        sums.people_group,
        sums.scale,
        sums.centre,
        sums.scores,
        sums.days,
        sums.squared_days
        {%- for term in terms %},
        {{ covariate_value(term) if term.variable else 'sums.' ~ term.column }} as {{ term.column }}
        {%- endfor %}
    from (
        {{ sums_over_times(time) }}
    ) as sums
    inner join {{ ref('participants') }} as people on sums.participant_id = people.participant_id
    cross join ranges
    where sums.people_group is not null and {{ has_all_facts(needed_covariates(), 'people.') }}
{%- endset -%}
{%- set types = {'centre': 'double', 'scores': 'bigint', 'days': 'double', 'squared_days': 'double'} -%}
{{ moments_of_terms(terms, ['people_group', 'scale', 'centre', 'scores', 'days', 'squared_days'], people, types, 'n > 1 or pair.term = pair.other_term') }}
{%- endmacro %}
