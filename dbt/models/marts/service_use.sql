{#- One row a person, wave in which services were asked about, and service. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set sheets = ref('answer_sheets') -%}
{%- set items = codebook_items() | selectattr('is_service') | list -%}

{%- for item in items %}
{{ 'union all' if not loop.first }}
select
    participant_id::varchar as participant_id,
    wave::varchar as wave,
    {{ text_literal(item.item) }}::varchar as service,
    ({{ quoted(item.item) }} = 1)::boolean as is_used,
    {{ quoted(item.item ~ '__missing') }}::varchar as missing_reason
from {{ sheets }}
where coalesce({{ quoted(item.item ~ '__missing') }}, '') <> 'not_in_wave'
{%- else %}
select
    null::varchar as participant_id, null::varchar as wave, null::varchar as service, null::boolean as is_used,
    null::varchar as missing_reason
where false
{%- endfor %}
