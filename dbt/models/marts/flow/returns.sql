{{ config(materialized='view') }}
{#- Everybody in every planned wave, returned or not: from here on every n reconciles to the roster. -#}
-- depends_on: {{ ref('return_states') }}
{%- set empty = {'participant_id': 'string', 'wave': 'string', 'is_returned': 'boolean', 'missing_reason': 'string'} %}

{% call(wave) union_over(codebook_waves(), empty) %}
select
    cast(participant_id as string) as participant_id,
    cast({{ text_literal(wave) }} as string) as wave,
    {{ state_in(wave) }} = 0 as is_returned,
    cast({{ reason_words(state_in(wave)) }} as string) as missing_reason
from {{ ref('return_states') }}
{% endcall %}
