{#- Scores, long: one row a person of the roster, a planned wave and a scale, with or without a score. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set scores = ref('int_scale_scores') -%}
{%- set scales = codebook_scales() + codebook_composites() -%}

{%- for scale in scales %}
{{ 'union all' if not loop.first }}
select
    participant_id::varchar as participant_id,
    wave::varchar as wave,
    {{ text_literal(scale.scale) }}::varchar as scale,
    {{ quoted(scale.scale) }}::double as score,
    {{ quoted(scale.scale ~ '__answered') }}::integer as items_answered,
    {{ quoted(scale.scale ~ '__missing') }}::varchar as missing_reason
from {{ scores }}
{%- else %}
select
    null::varchar as participant_id, null::varchar as wave, null::varchar as scale, null::double as score,
    null::integer as items_answered, null::varchar as missing_reason
where false
{%- endfor %}
