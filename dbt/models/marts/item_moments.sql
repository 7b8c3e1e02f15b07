{#- The covariances of each scale's keyed items, of people who answered them all: what reliability needs. Keyed answers are
    whole numbers, so that n sum(xy) - sum(x) sum(y) is exact. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set keyed = ref('int_keyed_answers') -%}
{%- set scales = codebook_scales() -%}

{%- for scale in scales %}
{{ 'union all' if not loop.first }}
select
    {{ text_literal(scale.scale) }}::varchar as scale,
    wave::varchar as wave,
    pair.item::varchar as item,
    pair.other_item::varchar as other_item,
    n::bigint as n,
    (pair.products::double / nullif(n::double * (n - 1), 0))::double as covariance
from (
    select
        wave,
        count(*) as n,
        unnest([
            {%- for item in scale['items'] %}
            {%- set first = loop.index0 %}
            {%- for other in scale['items'][first:] %}
            {'item': {{ text_literal(item) }}, 'other_item': {{ text_literal(other) }}, 'products': count(*) * sum({{ quoted(item) }}::bigint * {{ quoted(other) }}) - sum({{ quoted(item) }}) * sum({{ quoted(other) }})}{{ ',' if not loop.last }}
            {%- endfor %}{{ ',' if not loop.last }}
            {%- endfor %}
        ]) as pair
    from {{ keyed }}
    where {% for item in scale['items'] %}{{ quoted(item) }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    group by wave
) as pairs
{%- else %}
select null::varchar as scale, null::varchar as wave, null::varchar as item, null::varchar as other_item, null::bigint as n,
    null::double as covariance
where false
{%- endfor %}
