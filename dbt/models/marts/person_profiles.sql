{{ config(materialized='view') }}
{#- What is followed over time, a person and measure a row: the value in each wave, and how it is known or why it is missing.
    score_profiles counts these rows; who counts in a number is decided over them (macros/people). -#}
{%- set states = ref('return_states') -%}
{%- set scores = ref('scores') -%}
{%- set codes = ref('answer_codes') -%}
{%- set waves = codebook_waves() -%}
{%- set scales = codebook_scales() + codebook_composites() -%}
{%- set services = codebook_items() | selectattr('is_service') | list -%}
{%- set unasked = codebook_unasked() %}

{%- if waves and scales %}
with scored as (
    select
        states.participant_id
        {%- for wave in waves %}
        {%- set place = loop.index %},
        states.{{ state_in(wave) }}
        {%- for scale in scales %},
        {{ quoted('scores_' ~ place) }}.{{ quoted(scale.scale) }} as {{ quoted(scale.scale ~ '__' ~ place) }},
        {{ quoted('scores_' ~ place) }}.{{ quoted(scale.scale ~ '__answered') }} as {{ quoted(scale.scale ~ '__answered__' ~ place) }},
        {{ quoted('scores_' ~ place) }}.{{ quoted(scale.scale ~ '__reason') }} as {{ quoted(scale.scale ~ '__reason__' ~ place) }}
        {%- endfor %}
        {%- endfor %}
    from {{ states }} as states
    {%- for wave in waves %}
    {{ joined_wave(scores, wave, 'scores_' ~ loop.index) }}
    {%- endfor %}
){% if services %},

used as (
    select
        states.participant_id
        {%- for wave in waves %}
        {%- set place = loop.index %},
        states.{{ state_in(wave) }}
        {%- for service in services %},
        {{ quoted('codes_' ~ place) }}.{{ quoted(service.item) }} as {{ quoted(service.item ~ '__' ~ place) }}
        {%- endfor %}
        {%- endfor %}
    from {{ states }} as states
    {%- for wave in waves %}
    {{ joined_wave(codes, wave, 'codes_' ~ loop.index) }}
    {%- endfor %}
){% endif %}
{%- for scale in scales %}
{{ 'union all' if not loop.first }}
select
    cast(participant_id as varchar) as participant_id,
    cast({{ text_literal(scale.scale) }} as varchar) as measure,
    cast('scale' as varchar) as kind,
    cast('everybody' as varchar) as people_group
    {%- for wave in waves %}
    {%- set state, reason = state_in(wave), quoted(scale.scale ~ '__reason__' ~ loop.index) %}
    {%- set value, answered = quoted(scale.scale ~ '__' ~ loop.index), quoted(scale.scale ~ '__answered__' ~ loop.index) %},
    case when {{ state }} = 0 then {{ value }} end as {{ value_in(wave) }},
    cast(case
        when {{ state }} < 0 then {{ state }}
        when {{ reason }} is not null then {{ reason }}
        when {{ answered }} = {{ (scale.parts if scale.parts is defined else scale['items']) | length }} then 0
        else 1
    end as smallint) as {{ status_in(wave) }},
    {{ state }}
    {%- endfor %}
from scored
{%- endfor %}
{%- for service in services %}
union all
select
    cast(participant_id as varchar),
    cast({{ text_literal(service.item) }} as varchar),
    cast('service' as varchar),
    cast('everybody' as varchar)
    {%- for wave in waves %}
    {%- set state, code = state_in(wave), quoted(service.item ~ '__' ~ loop.index) %},
    cast(case when {{ state }} = 0 and {{ code }} >= {{ service.low }} then {{ code }} end as double),
    cast(case when {{ state }} < 0 then {{ state }} when {{ code }} >= {{ service.low }} then 0 else {{ code }} end as smallint),
    {{ state }}
    {%- endfor %}
from used
{%- endfor %}
{%- else %}
select cast(null as varchar) as participant_id, cast(null as varchar) as measure, cast(null as varchar) as kind, cast(null as varchar) as people_group
from {{ states }}, {{ scores }}, {{ codes }}
where false
{%- endif %}
