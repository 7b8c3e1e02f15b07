{{ config(materialized='view') }}
{#- For whom waves and blocks are planned that are not for everybody: one row a person of the roster. A wave is planned for a
    person when its own condition holds and one of its blocks is planned for the person. -#}
-- depends_on: {{ ref('participants') }}
{%- set conditions = codebook_conditions() %}

with held as (
    select
        participant_id
        {%- for condition in conditions %},
        {{ condition_holds(condition) }} as {{ quoted('holds_' ~ loop.index) }}
        {%- endfor %}
    from {{ ref('participants') }}
),

decided as (
    select
        participant_id
        {%- for condition in conditions %},
        {%- set holds = quoted('holds_' ~ loop.index) %}
        coalesce({{ holds }}, {{ condition.if_unknown != 'not_planned' }}) as {{ holds }},
        {{ holds }} is null as {{ unknown_column(condition.wave, condition.block) }}
        {%- endfor %}
    from held
)

select
    participant_id
    {%- for condition in conditions %},
    {%- if condition.block %}
    {{ quoted('holds_' ~ loop.index) }} as {{ planned_column(condition.wave, condition.block) }},
    {%- endif %}
    {{ unknown_column(condition.wave, condition.block) }}
    {%- endfor %}
    {%- for wave in waves_for_some() %},
    {%- set own, of_blocks = [], [] %}
    {%- for condition in conditions if condition.wave == wave %}
    {%- set place = conditions.index(condition) + 1 %}
    {%- if not condition.block %}{% do own.append(quoted('holds_' ~ place)) %}{% elif condition.is_of_every_block %}{% do of_blocks.append(quoted('holds_' ~ place)) %}{% endif %}
    {%- endfor %}
    {{ own | join }}{{ ' and ' if own and of_blocks }}{{ '(' ~ of_blocks | join(' or ') ~ ')' if of_blocks }} as {{ planned_column(wave) }}
    {%- endfor %}
from decided
