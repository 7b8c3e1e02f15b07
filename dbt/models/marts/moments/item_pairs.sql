{#- How many people gave which answers to two items of a scale, keyed in the scale's direction, of people who answered all of its
    items: what polychoric correlations need. Only of scales that are declared (codebook.ordinal_scales). People are read once
    for many pairs; each is a grouping set of its own. -#}
-- depends_on: {{ ref('answer_codes') }}
{%- set codes = {} %}
{%- for item in codebook_items() %}{% do codes.update({item.item: item}) %}{% endfor %}
{%- set empty = {
    'scale': 'string', 'wave': 'string', 'item': 'string', 'other_item': 'string', 'answer': 'bigint',
    'other_answer': 'bigint', 'n': 'bigint',
} %}
{%- set blocks = [] %}
{%- for scale in codebook_ordinal_scales() %}
{%- set pairs = [] %}
{%- for item in scale['items'] %}
{%- for other_item in scale['items'][loop.index:] %}{% do pairs.append([item, other_item]) %}{% endfor %}
{%- endfor %}
{%- for block in pairs | batch(grouping_sets_at_once()) %}{% do blocks.append({'scale': scale, 'pairs': block}) %}{% endfor %}
{%- endfor %}

{% call(block) union_over(blocks, empty) %}
select
    cast({{ text_literal(block.scale.scale) }} as string) as scale,
    cast(wave as string) as wave,
    cast(case
        {%- for pair in block.pairs %}
        when grouping({{ quoted(pair[0]) }}) = 0 and grouping({{ quoted(pair[1]) }}) = 0 then {{ text_literal(pair[0]) }}
        {%- endfor %}
    end as string) as item,
    cast(case
        {%- for pair in block.pairs %}
        when grouping({{ quoted(pair[0]) }}) = 0 and grouping({{ quoted(pair[1]) }}) = 0 then {{ text_literal(pair[1]) }}
        {%- endfor %}
    end as string) as other_item,
    cast(case
        {%- for pair in block.pairs %}
        when grouping({{ quoted(pair[0]) }}) = 0 and grouping({{ quoted(pair[1]) }}) = 0 then {{ quoted(pair[0]) }}
        {%- endfor %}
    end as bigint) as answer,
    cast(case
        {%- for pair in block.pairs %}
        when grouping({{ quoted(pair[0]) }}) = 0 and grouping({{ quoted(pair[1]) }}) = 0 then {{ quoted(pair[1]) }}
        {%- endfor %}
    end as bigint) as other_answer,
    cast(count(*) as bigint) as n
from (
    select
        wave
        {%- for item in scale_items(block.scale, codes) %},
        cast({{ keyed_answer(item) }} as integer) as {{ quoted(item.item) }}
        {%- endfor %}
    from {{ ref('answer_codes') }}
    where not is_blank
        {%- for item in scale_items(block.scale, codes) %} and {{ enters_score(item) }}{% endfor %}
) as keyed
group by grouping sets (
    {%- for pair in block.pairs %}
    (wave, {{ quoted(pair[0]) }}, {{ quoted(pair[1]) }}){{ ',' if not loop.last }}
    {%- endfor %}
)
{% endcall %}
