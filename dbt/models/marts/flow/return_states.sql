{#- Who returned which wave: one row a person of the roster, for each wave 0 where it was returned, else the number of the
    reason (codebook.missing_reasons). A row without a single answer is no return. Who withdrew is `withdrawn` in the waves
    after the last one they returned. Who was not planned for a wave and did not answer it is `not_planned`, whatever else.
    Beside that the group of people that the person is in. -#}
-- depends_on: {{ ref('answer_codes') }}
-- depends_on: {{ ref('planned_waves') }}
{%- set waves = codebook_waves() %}
{%- set for_some = waves_for_some() %}
{%- set group = codebook_group_variable() %}

with sheets as (
    select
        people.participant_id,
        people.is_withdrawn,
        {{ 'people.' ~ quoted(group) if group else 'cast(null as string)' }} as people_group
        {%- for wave in for_some %},
        planned.{{ planned_column(wave) }}
        {%- endfor %}
        {%- for wave in waves %},
        {{ quoted('sheet_' ~ loop.index) }}.is_blank as {{ quoted('is_blank_' ~ loop.index) }}
        {%- endfor %}
    from {{ ref('participants') }} as people
    {%- if for_some %}
    inner join {{ ref('planned_waves') }} as planned on people.participant_id = planned.participant_id
    {%- endif %}
    {%- for wave in waves %}
    left join (
        select participant_id, is_blank
        from {{ ref('answer_codes') }}
        where wave = {{ text_literal(wave) }}
    ) as {{ quoted('sheet_' ~ loop.index) }} on people.participant_id = {{ quoted('sheet_' ~ loop.index) }}.participant_id
    {%- endfor %}
)

select
    participant_id,
    cast(people_group as string) as people_group
    {%- for wave in waves %},
    cast(case
        when not {{ quoted('is_blank_' ~ loop.index) }} then 0
        {%- if wave in for_some %}
        when not {{ planned_column(wave) }} then {{ reason_number('not_planned') }}
        {%- endif %}
        {#- withdrawn: no later wave was returned #}
        when is_withdrawn
            {%- for later in waves[loop.index:] %}
            and coalesce({{ quoted('is_blank_' ~ (waves.index(later) + 1)) }}, true)
            {%- endfor %}
            then {{ reason_number('withdrawn') }}
        when {{ quoted('is_blank_' ~ loop.index) }} then {{ reason_number('returned_blank') }}
        else {{ reason_number('wave_not_returned') }}
    end as smallint) as {{ state_in(wave) }}
    {%- endfor %}
from sheets
