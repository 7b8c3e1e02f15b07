{{ config(materialized='kept_by_wave') }}
{#- The covariances of each scale's keyed items, of people who answered them all (skips that count as a number among them):
    what reliability needs. Keyed answers are kept as whole numbers, so that n sum(xy) - sum(x) sum(y) is exact. -#}
-- depends_on: {{ ref('answer_codes') }}
{%- set stale = stale_waves(this) %}
{%- set codes = {} %}
{%- for item in codebook_items() %}{% do codes.update({item.item: item}) %}{% endfor %}
{%- set empty = {
    'scale': 'string', 'wave': 'string', 'item': 'string', 'other_item': 'string', 'n': 'bigint', 'covariance': 'double',
    'content_stamp': 'string',
} %}

{% call(scale) union_over(codebook_scales() | rejectattr('is_given') | list, empty) %}
{%- set pairs = [] %}
{%- for item in scale['items'] %}
{%- set position = loop.index0 %}
{%- for other_item in scale['items'][position:] %}
{%- set x, y = quoted(item), quoted(other_item) %}
{%- do pairs.append({
    'item': text_literal(item),
    'other_item': text_literal(other_item),
    'units': units_in_one(codes[item]) * units_in_one(codes[other_item]),
    'products': 'count(*) * sum(cast(' ~ x ~ ' as bigint) * ' ~ y ~ ') - sum(' ~ x ~ ') * sum(' ~ y ~ ')',
}) %}
{%- endfor %}
{%- endfor %}
select
    cast({{ text_literal(scale.scale) }} as string) as scale,
    cast(wave as string) as wave,
    cast(pair.item as string) as item,
    cast(pair.other_item as string) as other_item,
    cast(n as bigint) as n,
    cast(cast(pair.products as double) / nullif(cast(n as double) * (n - 1) * pair.units, 0) as double) as covariance,
    cast({{ stamp_of_wave('wave') }} as string) as content_stamp
from (
    select
        wave,
        count(*) as n,
        {{ one_row_each(pairs) }} as pair
    from (
        select
            wave
            {%- for item in scale_items(scale, codes) %},
            cast({{ keyed_answer(item) }} as integer) as {{ quoted(item.item) }}
            {%- endfor %}
        from {{ ref('answer_codes') }}
        where not is_blank and {{ is_of_waves('wave', stale) }}
            {%- for item in scale_items(scale, codes) %} and {{ enters_score(item) }}{% endfor %}
    ) as keyed
    group by wave
) as pairs
{% endcall %}
