{{ config(materialized='view') }}
{#- Scores, long: one row a person of the roster, a planned wave and a scale, with or without a score. A view over scores,
    and over returns for the waves that were not returned. -#}
-- depends_on: {{ ref('scores') }}
-- depends_on: {{ ref('planned_waves') }}
{%- set of_missing_waves %}
select
    cast(returns.participant_id as string) as participant_id,
    cast(returns.wave as string) as wave,
    cast(scales.scale as string) as scale,
    cast(null as double) as score,
    cast(0 as integer) as items_answered,
    cast({{ absence_reason('scales.instrument') }} as string) as missing_reason
from {{ ref('returns') }} as returns
{{ with_planned_blocks('returns') }}
cross join {{ source('codebook', 'scales') }} as scales
where not returns.is_returned
{%- endset %}

{% call(scale) union_over(codebook_scales() + codebook_composites(), after=of_missing_waves) %}
select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast({{ text_literal(scale.scale) }} as string) as scale,
    cast({{ quoted(scale.scale) }} as double) as score,
    cast({{ quoted(scale.scale ~ '__answered') }} as integer) as items_answered,
    cast({{ reason_words(quoted(scale.scale ~ '__reason')) }} as string) as missing_reason
from {{ ref('scores') }}
{% endcall %}
