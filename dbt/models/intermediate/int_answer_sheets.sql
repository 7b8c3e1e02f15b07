{#- One row a person of the roster and a planned wave, returned or not: from here on every n reconciles to the roster.
    Somebody who withdrew is `withdrawn` in the waves after the last one they returned. -#}
{%- set items = codebook_items() %}

with sheets as (
    select
        people.participant_id,
        waves.wave,
        answers.participant_id is not null as is_returned,
        people.is_withdrawn
            and waves.wave_order > coalesce(
                max(waves.wave_order) filter (where answers.participant_id is not null) over (
                    partition by people.participant_id
                ),
                0
            ) as is_withdrawn,
        answers.answered_on,
        answers.source_file,
        answers.source_row
        {%- for item in items %},
        answers.{{ quoted(item.item) }},
        answers.{{ quoted(item.item ~ '__missing') }}
        {%- endfor %}
    from {{ ref('stg_participants') }} as people
    cross join {{ source('codebook', 'waves') }} as waves
    left join {{ ref('stg_answers') }} as answers
        on people.participant_id = answers.participant_id and waves.wave = answers.wave
)

select
    participant_id,
    wave,
    is_returned,
    answered_on,
    source_file,
    source_row
    {%- for item in items %},
    {{ quoted(item.item) }},
    case
        when is_returned then {{ quoted(item.item ~ '__missing') }}
        when is_withdrawn then 'withdrawn'
        else 'wave_not_returned'
    end as {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from sheets
