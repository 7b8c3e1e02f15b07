{{ config(materialized='view') }}
{#- One row a person, wave in which services were asked about, and service. A view over answer_codes, and over returns for
    the waves that were not returned. -#}
-- depends_on: {{ ref('answer_codes') }}
-- depends_on: {{ ref('planned_waves') }}
{%- set unasked = codebook_unasked() %}
{%- set waves = codebook_waves() %}
{%- set of_missing_waves %}
select
    cast(returns.participant_id as string) as participant_id,
    cast(returns.wave as string) as wave,
    cast(asked.item as string) as service,
    cast(null as boolean) as is_used,
    cast({{ absence_reason("'services'") }} as string) as missing_reason
from {{ ref('returns') }} as returns
{{ with_planned_blocks('returns') }}
inner join {{ source('codebook', 'wave_items') }} as asked on returns.wave = asked.wave and asked.status <> 'not_in_wave'
inner join {{ source('codebook', 'services') }} as services on asked.item = services.service
where not returns.is_returned
{%- endset %}

{% call(item) union_over(codebook_items() | selectattr('kind', 'equalto', 'service'), after=of_missing_waves) %}
{%- set of_item = unasked | selectattr('item', 'equalto', item.item) | list %}
{%- set elsewhere = of_item | selectattr('status', 'equalto', 'not_in_wave') | map(attribute='wave') | list %}
select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast({{ text_literal(item.item) }} as string) as service,
    cast(case when {{ is_answer(item) }} then {{ quoted(item.item) }} = 1 end as boolean) as is_used,
    cast({{ missing_reason_of(item) }} as string) as missing_reason
from {{ ref('answer_codes') }}
where not is_blank and {{ is_of_waves('wave', waves | reject('in', elsewhere) | list) }}
{% endcall %}
