{#- One row a person of the roster and a planned wave, returned or not: from here on every n reconciles to the roster.
    Somebody who withdrew is `withdrawn` in the waves after the last one they returned. Where a wave has several exports
    (parts), a row is put together from them: each item from the part that holds it, with that part's file and row. -#}
{%- set items = codebook_items() %}
{%- set later = codebook_parts() %}
{%- set parts = [1] + later_parts(later) %}

with sheets as (
    select
        people.participant_id,
        waves.wave,
        {{ from_parts('participant_id', parts) }} is not null as is_returned,
        people.is_withdrawn
            and waves.wave_order > coalesce(
                max(waves.wave_order) filter (where {{ from_parts('participant_id', parts) }} is not null) over (
                    partition by people.participant_id
                ),
                0
            ) as is_withdrawn,
        {{ from_parts('answered_on', parts) }} as answered_on
        {%- for part in parts %},
        part_{{ part }}.source_file as {{ of_part('source_file', part) }},
        part_{{ part }}.source_row as {{ of_part('source_row', part) }}
        {%- endfor %}
        {%- for item in items %},
        {{ item_of_part(item.item, item.item, later, parts) }} as {{ quoted(item.item) }},
        {{ item_of_part(item.item, item.item ~ '__missing', later, parts) }} as {{ quoted(item.item ~ '__missing') }}
        {%- endfor %}
    from {{ ref('stg_participants') }} as people
    cross join {{ source('codebook', 'waves') }} as waves
    {%- for part in parts %}
    left join {{ ref('stg_answers') }} as part_{{ part }}
        on people.participant_id = part_{{ part }}.participant_id and waves.wave = part_{{ part }}.wave and part_{{ part }}.part = {{ part }}
    {%- endfor %}
)

select
    participant_id,
    wave,
    is_returned,
    answered_on
    {%- for part in parts %},
    {{ of_part('source_file', part) }},
    {{ of_part('source_row', part) }}
    {%- endfor %}
    {%- for item in items %},
    {{ quoted(item.item) }},
    case
        when {{ quoted(item.item) }} is not null then null
        when {{ quoted(item.item ~ '__missing') }} is not null then {{ quoted(item.item ~ '__missing') }}
        when is_withdrawn then 'withdrawn'
        else 'wave_not_returned'
    end as {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from sheets
