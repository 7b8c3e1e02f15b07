{{ config(materialized='kept_by_wave') }}
{#- Every answer, once: one row a person of the roster and wave that stands in an export, one whole number an item: the
    answer, or below its anchors the reason why there is none. `answers`, `missing_answers` and `answer_sheets` are views
    over it in words. A wave that comes as several exports is put together here, each item from the part that holds it; then
    items that other answers skipped past are told from blanks (macros/gates). -#}
{%- set items = codebook_items() %}
{%- set parts = [1] + later_parts(codebook_parts()) %}
{%- set stale = stale_waves(this) %}

with sheets as (
    select
        answers.participant_id,
        answers.wave,
        {%- if parts | length == 1 %}
        answers.answered_on,
        answers.source_file,
        answers.source_row
        {%- for item in items %},
        answers.{{ quoted(item.item) }}
        {%- endfor %}
        {%- else %}
        {{ from_parts('answered_on', parts) }} as answered_on
        {%- for part in parts %},
        max(case when answers.part = {{ part }} then answers.source_file end) as {{ of_part('source_file', part) }},
        max(case when answers.part = {{ part }} then answers.source_row end) as {{ of_part('source_row', part) }}
        {%- endfor %}
        {%- for item in items %},
        cast(
            coalesce(max(answers.{{ quoted(item.item) }}), {{ reason_code(item, 'wave_not_returned') }}) as {{ answer_type(item) }}
        ) as {{ quoted(item.item) }}
        {%- endfor %}
        {%- endif %}
    from {{ ref('stg_answers') }} as answers
    inner join {{ ref('participants') }} as people on answers.participant_id = people.participant_id
    where {{ is_of_waves('answers.wave', stale) }}
    {%- if parts | length > 1 %}
    group by answers.participant_id, answers.wave
    {%- endif %}
)
{%- for level in gate_levels(items) %},

{{ 'gated_' ~ level }} as (
    select
        participant_id,
        wave,
        answered_on
        {%- for part in parts %},
        {{ of_part('source_file', part) }},
        {{ of_part('source_row', part) }}
        {%- endfor %}
        {%- for item in items %},
        {%- if item.gate is defined and item.gate.level == level %}
        {{ gated_code(item) }} as {{ quoted(item.item) }}
        {%- else %}
        {{ quoted(item.item) }}
        {%- endif %}
        {%- endfor %}
    from {{ 'sheets' if loop.first else 'gated_' ~ loop.previtem }}
)
{%- endfor %}

select
    cast(participant_id as varchar) as participant_id,
    cast(wave as varchar) as wave,
    not (
        {%- for item in items %}
        {{ quoted(item.item) }} >= {{ reason_code(item, 'invalid') }}{{ ' or' if not loop.last }}
        {%- else %}
        false
        {%- endfor %}
    ) as is_blank,
    cast(answered_on as date) as answered_on
    {%- for part in parts %},
    cast({{ of_part('source_file', part) }} as varchar) as {{ of_part('source_file', part) }},
    cast({{ of_part('source_row', part) }} as bigint) as {{ of_part('source_row', part) }}
    {%- endfor %}
    {%- for item in items %},
    {{ quoted(item.item) }}
    {%- endfor %},
    cast({{ stamp_of_wave('wave') }} as varchar) as content_stamp
from {{ 'gated_' ~ gate_levels(items) | last if gate_levels(items) else 'sheets' }}
