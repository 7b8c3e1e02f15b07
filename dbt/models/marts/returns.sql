{{ config(materialized='view') }}
{#- Everybody in every planned wave, returned or not: from here on every n reconciles to the roster. -#}
{%- set states = ref('return_states') -%}

{%- for wave in codebook_waves() %}
{{ 'union all' if not loop.first }}
select
    cast(participant_id as varchar) as participant_id,
    cast({{ text_literal(wave) }} as varchar) as wave,
    {{ state_in(wave) }} = 0 as is_returned,
    cast({{ reason_words(state_in(wave)) }} as varchar) as missing_reason
from {{ states }}
{%- else %}
select cast(null as varchar) as participant_id, cast(null as varchar) as wave, cast(null as boolean) as is_returned,
    cast(null as varchar) as missing_reason
from {{ states }}
where false
{%- endfor %}
