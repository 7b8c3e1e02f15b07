{{ config(materialized='view') }}
{#- Everybody in every planned wave, returned or not: from here on every n reconciles to the roster. -#}
-- depends_on: {{ ref('return_states') }}
{%- set empty = {'participant_id': 'varchar', 'wave': 'varchar', 'is_returned': 'boolean', 'missing_reason': 'varchar'} %}

{% call(wave) union_over(codebook_waves(), empty) %}
select
    cast(participant_id as varchar) as participant_id,
    cast({{ text_literal(wave) }} as varchar) as wave,
    {{ state_in(wave) }} = 0 as is_returned,
    cast({{ reason_words(state_in(wave)) }} as varchar) as missing_reason
from {{ ref('return_states') }}
{% endcall %}
