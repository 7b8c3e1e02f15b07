{#- Scores scales by the instruments' rules. One row a person and wave; for each scale a score, the number of answered
    items (for a composite: parts) and, without a score, the reason. -#}
{%- set scales = codebook_scales() -%}
{%- set composites = codebook_composites() -%}

with counted as (
    select
        *
        {%- for scale in scales %},
        {{ count_answered(scale['items']) }} as {{ quoted(scale.scale ~ '__answered') }}
        {%- endfor %}
    from {{ ref('int_keyed_answers') }}
),

scored as (
    select
        participant_id,
        wave,
        is_returned
        {%- for scale in scales %},
        {{ quoted(scale.scale ~ '__answered') }},
        {{ scale_score(scale) }} as {{ quoted(scale.scale) }},
        {{ scale_missing_reason(scale) }} as {{ quoted(scale.scale ~ '__missing') }}
        {%- endfor %}
    from counted
),

parts_counted as (
    select
        *
        {%- for composite in composites %},
        {{ count_answered(composite.parts) }} as {{ quoted(composite.scale ~ '__answered') }}
        {%- endfor %}
    from scored
)

select
    *
    {%- for composite in composites %},
    case when {{ quoted(composite.scale ~ '__answered') }} >= {{ composite.minimum_answered }}
        then {{ sum_answered(composite.parts) }} / {{ quoted(composite.scale ~ '__answered') }}::double
    end as {{ quoted(composite.scale) }},
    case
        when {{ quoted(composite.scale ~ '__answered') }} >= {{ composite.minimum_answered }} then null
        when {{ quoted(composite.scale ~ '__answered') }} = 0
            and least({% for part in composite.parts %}{{ quoted(part ~ '__missing') }}{{ ', ' if not loop.last }}{% endfor %})
            = greatest({% for part in composite.parts %}{{ quoted(part ~ '__missing') }}{{ ', ' if not loop.last }}{% endfor %})
            then {{ quoted(composite.parts[0] ~ '__missing') }}
        else 'too_few_items'
    end as {{ quoted(composite.scale ~ '__missing') }}
    {%- endfor %}
from parts_counted
