{#- What each wave's rows are made from now: its exports' files as they were read, the definitions and the code that type and
    score them, who is on the roster, and for whom it is planned. A wave is typed and scored again only when its stamp has changed. -#}
-- depends_on: {{ ref('planned_waves') }}
{%- set conditions = codebook_conditions() %}

with exports as (
    select wave, {{ joined_in_order('fingerprint', 'export') }} as fingerprints
    from {{ source('raw', 'exports') }}
    where wave is not null
    group by wave
),

roster as (
    select
        cast(count(*) as string) as people,
        cast(sum({{ whole_number(content_hash('participant_id')) }}) as string) as who
    from {{ source('raw', 'roster') }}
    where {{ is_included() }}
),

planned as (
    {% call(wave) union_over(conditions | map(attribute='wave') | unique | list, {'wave': 'string', 'who': 'string'}) %}
    {%- set columns = ['participant_id'] %}
    {%- if wave in waves_for_some() %}{% do columns.append('cast(' ~ planned_column(wave) ~ ' as string)') %}{% endif %}
    {%- for condition in conditions if condition.wave == wave and condition.block %}{% do columns.append('cast(' ~ planned_column(wave, condition.block) ~ ' as string)') %}{% endfor %}
    select
        {{ text_literal(wave) }} as wave,
        cast(sum({{ whole_number(content_hash("concat_ws('|', " ~ columns | join(', ') ~ ')')) }}) as string) as who
    from {{ ref('planned_waves') }}
    {% endcall %}
)

select
    cast(waves.wave as string) as wave,
    cast(
        md5(concat_ws('|', waves.definitions_stamp, exports.fingerprints, roster.people, roster.who, planned.who)) as string
    ) as content_stamp
from {{ source('codebook', 'wave_definitions') }} as waves
left join exports on waves.wave = exports.wave
left join planned on waves.wave = planned.wave
cross join roster
