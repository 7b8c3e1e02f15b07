{{ config(materialized='kept_by_wave') }}
{#- Scores by the instruments' rules, wide: one row a person and wave that was returned; for each scale the score, how many
    items (of a composite: parts) were answered, and the number of the reason where there is none. Keyed answers are an
    expression. -#}
{%- set codes = {} %}
{%- for item in codebook_items() %}{% do codes.update({item.item: item}) %}{% endfor %}
{%- set scales = codebook_scales() %}
{%- set composites = codebook_composites() %}
{%- set stale = stale_waves(this) %}

with summed as (
    select
        participant_id,
        wave,
        content_stamp
        {%- for item in codes.values() %},
        {{ quoted(item.item) }}
        {%- endfor %}
        {%- for scale in scales %},
        {{ count_answered(scale_items(scale, codes)) }} as {{ quoted(scale.scale ~ '__answered') }},
        {{ sum_answered(scale_items(scale, codes)) }} as {{ quoted(scale.scale ~ '__total') }}
        {%- endfor %}
    from {{ ref('answer_codes') }}
    where not is_blank and {{ is_of_waves('wave', stale) }}
),

scored as (
    select
        participant_id,
        wave,
        content_stamp
        {%- for scale in scales %}
        {%- set answered, total = quoted(scale.scale ~ '__answered'), quoted(scale.scale ~ '__total') %},
        {{ answered }},
        {%- set items_here = scale_items(scale, codes) %}
        {%- set units = units_of_all(items_here) %}
        {%- set sum = total if units == 1 else '(' ~ total ~ ' / cast(' ~ units ~ ' as double))' %}
        cast({{ scale_score(scale, items_here, sum, answered) }} as double) as {{ quoted(scale.scale) }},
        {{ scale_reason(scale, scale_items(scale, codes), answered) }} as {{ quoted(scale.scale ~ '__reason') }}
        {%- endfor %}
    from summed
),

composed as (
    select
        participant_id,
        wave,
        content_stamp
        {%- for scale in scales %},
        {{ quoted(scale.scale ~ '__answered') }},
        {{ quoted(scale.scale) }},
        {{ quoted(scale.scale ~ '__reason') }}
        {%- endfor %}
        {%- for composite in composites %},
        {{ count_known(composite.parts) }} as {{ quoted(composite.scale ~ '__answered') }}
        {%- endfor %}
    from scored
)

select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave
    {%- for scale in scales %},
    {{ quoted(scale.scale) }},
    cast({{ quoted(scale.scale ~ '__answered') }} as smallint) as {{ quoted(scale.scale ~ '__answered') }},
    cast({{ quoted(scale.scale ~ '__reason') }} as smallint) as {{ quoted(scale.scale ~ '__reason') }}
    {%- endfor %}
    {%- for composite in composites %}
    {%- set answered = quoted(composite.scale ~ '__answered') %},
    cast({{ composite_score(composite, answered) }} as double) as {{ quoted(composite.scale) }},
    cast({{ answered }} as smallint) as {{ answered }},
    cast({{ composite_reason(composite, answered) }} as smallint) as {{ quoted(composite.scale ~ '__reason') }}
    {%- endfor %},
    content_stamp
from composed
