{{ config(materialized='kept_by_wave') }}
{#- The covariances of each scale's keyed items, of people who answered them all: what reliability needs. Keyed answers are
    whole numbers, so that n sum(xy) - sum(x) sum(y) is exact. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set answers = ref('answer_codes') -%}
{%- set stale = stale_waves(this) -%}
{%- set codes = {} -%}
{%- for item in codebook_items() %}{% do codes.update({item.item: item}) %}{% endfor -%}

{%- for scale in codebook_scales() %}
{{ 'union all' if not loop.first }}
select
    cast({{ text_literal(scale.scale) }} as varchar) as scale,
    cast(wave as varchar) as wave,
    cast(pair.item as varchar) as item,
    cast(pair.other_item as varchar) as other_item,
    cast(n as bigint) as n,
    cast(cast(pair.products as double) / nullif(cast(n as double) * (n - 1), 0) as double) as covariance,
    cast({{ stamp_of_wave('wave') }} as varchar) as content_stamp
from (
    select
        wave,
        count(*) as n,
        unnest([
            {%- for item in scale['items'] %}
            {%- set first = loop.index0 %}
            {%- for other in scale['items'][first:] %}
            {'item': {{ text_literal(item) }}, 'other_item': {{ text_literal(other) }}, 'products': count(*) * sum(cast({{ quoted(item) }} as bigint) * {{ quoted(other) }}) - sum({{ quoted(item) }}) * sum({{ quoted(other) }})}{{ ',' if not loop.last }}
            {%- endfor %}{{ ',' if not loop.last }}
            {%- endfor %}
        ]) as pair
    from (
        select
            wave
            {%- for item in scale_items(scale, codes) %},
            cast({{ keyed_answer(item) }} as integer) as {{ quoted(item.item) }}
            {%- endfor %}
        from {{ answers }}
        where not is_blank and {{ is_of_waves('wave', stale) }}
            {%- for item in scale_items(scale, codes) %} and {{ is_answer(item) }}{% endfor %}
    ) as keyed
    group by wave
) as pairs
{%- else %}
select cast(null as varchar) as scale, cast(null as varchar) as wave, cast(null as varchar) as item, cast(null as varchar) as other_item,
    cast(null as bigint) as n, cast(null as double) as covariance, cast(null as varchar) as content_stamp
from {{ answers }}
where false
{%- endfor %}
