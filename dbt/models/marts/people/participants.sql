{#- One row a person of the roster. Categories by code, numbers as they are; no identifier but the pseudonym, no
    free text: why somebody withdrew stays in the roster. -#}
{%- set variables = codebook_variables() %}

select
    participant_id,
    is_withdrawn,
    withdrawn_on,
    source_file,
    source_row
    {%- for variable in variables %},
    {{ quoted(variable.variable) }},
    {{ quoted(variable.variable ~ '__missing') }}
    {%- endfor %}
from {{ ref('stg_participants') }}
