{{ config(materialized='view') }}
{#- Who counts in which number, person by person: scales and services over the waves (macros/people says the rules), and
    facts of the roster. Read it with a measure and a rule, or it is everybody many times. -#}
-- depends_on: {{ ref('return_states') }}
-- depends_on: {{ ref('participants') }}
-- depends_on: {{ ref('answer_days') }}
-- depends_on: {{ ref('returns') }}
{%- set covariates, subgroups = needed_covariates(), codebook_subgroups() %}
{%- set growth = codebook_growth() %}
{%- set facts = (covariates + subgroups) | unique | list %}
{%- set unit = ['participant_id', 'people_group'] %}
{%- set columns = ['participant_id', 'people_group', 'measure', 'kind'] %}
{%- for wave in codebook_waves() %}{% do columns.extend([value_in(wave), status_in(wave), state_in(wave)]) %}{% endfor %}
{%- set measures_and_facts %}
select
    participant_id,
    people_group,
    cast(measure as string) as measure,
    cast(kind as string) as kind,
    cast(people as string) as people,
    cast(moment as string) as moment,
    is_counted,
    value,
    value_baseline,
    value_followup,
    is_returned,
    cast(reason as string) as reason
from (
    {{ counted_rows('everybody', unit) }}
    {%- if covariates %}
    union all
    {{ counted_with_facts('everybody', unit, 'both_covariates', covariates) }}
    union all
    {{ counted_with_scores_and_facts('everybody', unit, 'any_covariates', covariates) }}
    {%- endif %}
    {%- if codebook_adjusts_for_first_wave() %}
    union all
    {{ counted_from_first_wave('everybody', unit, 'first_and_later') }}
    {%- if covariates %}
    union all
    {{ counted_from_first_wave('everybody', unit, 'first_and_later_covariates', covariates) }}
    {%- endif %}
    {%- endif %}
    {%- for variable in subgroups %}
    union all
    {{ counted_with_facts('everybody', unit, 'both_subgroup', [variable], '/' ~ variable) }}
    {%- if covariates %}
    union all
    {{ counted_with_facts('everybody', unit, 'both_subgroup_covariates', ([variable] + covariates) | unique | list, '/' ~ variable) }}
    {%- endif %}
    {%- endfor %}
    {%- if growth %}
    union all
    {{ counted_with_times('everybody', unit) }}
    {%- if covariates %}
    union all
    {{ counted_with_times('everybody', unit, 'timed_covariates', covariates) }}
    {%- endif %}
    {%- endif %}
) as counted
{%- if counts_days() %}
union all
{{ counted_returns() }}
{%- endif %}
union all
select
    facts.participant_id,
    states.people_group,
    facts.variable,
    'fact',
    'value',
    '',
    facts.missing_reason is null,
    facts.number,
    null,
    null,
    null,
    facts.missing_reason
from {{ ref('participant_values') }} as facts
inner join {{ ref('return_states') }} as states on facts.participant_id = states.participant_id
{%- endset %}

{#- Joined once for all rules. #}
with everybody as (
    select
        {%- for column in columns %}
        profiles.{{ column }}{{ ',' if facts or growth or not loop.last }}
        {%- endfor %}
        {%- for variable in facts %}
        people.{{ quoted(variable ~ '__missing') }}{{ ',' if growth or not loop.last }}
        {%- endfor %}
        {%- for wave in codebook_waves() if growth %}
        days.{{ day_in(wave) }},
        days.{{ day_reason_in(wave) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('person_profiles') }} as profiles
    {%- if facts %}
    inner join {{ ref('participants') }} as people on profiles.participant_id = people.participant_id
    {%- endif %}
    {%- if growth %}
    inner join (
        {{ days_of_people(growth[0].time) }}
    ) as days on profiles.participant_id = days.participant_id
    {%- endif %}
)

{% call(wave) union_over(codebook_waves()[1:], before=measures_and_facts) %}
select
    facts.participant_id,
    states.people_group,
    facts.variable,
    'fact',
    'first',
    {{ text_literal(wave) }},
    facts.missing_reason is null and {{ was_planned('states.' ~ state_in(wave)) }},
    facts.number,
    null,
    null,
    {{ is_returned(wave, 'states.') }},
    {{ not_planned_or('states.' ~ state_in(wave), 'facts.missing_reason') }}
from {{ ref('participant_values') }} as facts
inner join {{ ref('return_states') }} as states on facts.participant_id = states.participant_id
{% endcall %}
