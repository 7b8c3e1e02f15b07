{{ config(materialized='kept_by_wave') }}
{#- Every answer, once: one row a person of the roster and wave that stands in an export, one whole number an item: the
    answer, or below its anchors the reason why there is none. `answers`, `missing_answers` and `answer_sheets` are views
    over it in words. A wave that comes as several exports is put together here, each item from the part that holds it. What
    is not planned for a person has the reason not_planned; then items that other answers skipped past are told from blanks
    (macros/gates). -#}
-- depends_on: {{ ref('planned_waves') }}
{%- set items = codebook_items() %}
{%- set parts = [1] + later_parts(codebook_parts()) %}
{%- set stale = stale_waves(this) %}
{%- set conditions = codebook_conditions() %}
{%- set first_sheets = 'planned_sheets' if conditions else 'sheets' %}

with sheets as (
    select
        answers.participant_id,
        answers.wave,
        {%- if parts | length == 1 %}
        answers.answered_on,
        answers.seconds_taken,
        answers.source_file,
        answers.source_row
        {%- for item in items %},
        answers.{{ quoted(item.item) }}
        {%- endfor %}
        {%- else %}
        {{ from_parts('answered_on', parts) }} as answered_on,
        case when count(*) = count(answers.seconds_taken) then sum(answers.seconds_taken) end as seconds_taken
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
{%- if conditions %},

filled as (
    select
        *
        {%- for condition in conditions if condition.block %},
        {{ holds_anything(items | selectattr('instrument', 'equalto', condition.block) | list) }} as {{ quoted('has_answers_' ~ condition.wave ~ '__' ~ condition.block) }}
        {%- endfor %}
    from sheets
),

planned_sheets as (
    select
        sheets.participant_id,
        sheets.wave,
        sheets.answered_on,
        sheets.seconds_taken
        {%- for part in parts %},
        sheets.{{ of_part('source_file', part) }},
        sheets.{{ of_part('source_row', part) }}
        {%- endfor %}
        {%- for item in items %},
        cast({{ planned_code(item, conditions) }} as {{ answer_type(item) }}) as {{ quoted(item.item) }}
        {%- endfor %}
    from filled as sheets
    inner join {{ ref('planned_waves') }} as planned on sheets.participant_id = planned.participant_id
)
{%- endif %}
{%- for level in gate_levels(items) %},

{{ 'gated_' ~ level }} as (
    select
        participant_id,
        wave,
        answered_on,
        seconds_taken
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
    from {{ first_sheets if loop.first else 'gated_' ~ loop.previtem }}
)
{%- endfor %}

select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    not {{ holds_anything(items) }} as is_blank,
    cast(answered_on as date) as answered_on,
    cast(seconds_taken as double) as seconds_taken
    {%- for part in parts %},
    cast({{ of_part('source_file', part) }} as string) as {{ of_part('source_file', part) }},
    cast({{ of_part('source_row', part) }} as bigint) as {{ of_part('source_row', part) }}
    {%- endfor %}
    {%- for item in items %},
    {{ quoted(item.item) }}
    {%- endfor %},
    cast({{ stamp_of_wave('wave') }} as string) as content_stamp
from {{ 'gated_' ~ gate_levels(items) | last if gate_levels(items) else first_sheets }}
