{{ config(materialized='view') }}
{#- Answers, wide and in words: one row a person of the roster and planned wave, returned or not. A view over
    answer_codes. -#}
-- depends_on: {{ ref('planned_waves') }}
{%- set parts = [1] + later_parts(codebook_parts()) %}

select
    returns.participant_id,
    returns.wave,
    returns.is_returned,
    codes.answered_on
    {%- for part in parts %},
    codes.{{ of_part('source_file', part) }},
    codes.{{ of_part('source_row', part) }}
    {%- endfor %}
    {%- for item in codebook_items() %},
    case when returns.is_returned then {{ answer_of(item) }} end as {{ quoted(item.item) }},
    coalesce({{ absence_reason(text_literal(item.instrument)) }}, {{ missing_reason_of(item) }}) as {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from {{ ref('returns') }} as returns
{{ with_planned_blocks('returns') }}
left join {{ ref('answer_codes') }} as codes on returns.participant_id = codes.participant_id and returns.wave = codes.wave
