{#- One row a person of the roster and a planned wave, returned or not: from here on every n reconciles to the roster. -#}
{%- set items = codebook_items() %}

select
    people.participant_id,
    waves.wave,
    sheets.participant_id is not null as is_returned,
    sheets.answered_on,
    sheets.source_file,
    sheets.source_row
    {%- for item in items %},
    sheets.{{ quoted(item.item) }} as {{ quoted(item.item) }},
    case when sheets.participant_id is null then 'wave_not_returned' else sheets.{{ quoted(item.item ~ '__missing') }} end
        as {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from {{ ref('stg_participants') }} as people
cross join {{ source('codebook', 'waves') }} as waves
left join {{ ref('stg_answers') }} as sheets
    on people.participant_id = sheets.participant_id and waves.wave = sheets.wave
