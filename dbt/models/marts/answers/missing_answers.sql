{{ config(materialized='view') }}
{#- Absent answers, long: one row a person, wave and item without an answer, with its one reason. A view over answer_codes,
    and over returns for the waves that were not returned. -#}
-- depends_on: {{ ref('answer_codes') }}
-- depends_on: {{ ref('planned_waves') }}
{%- set later = codebook_parts() %}
{%- set of_missing_waves %}
select
    cast(returns.participant_id as string) as participant_id,
    cast(returns.wave as string) as wave,
    cast(items.item as string) as item,
    cast({{ absence_reason('items.instrument') }} as string) as missing_reason,
    cast(blank.source_file as string) as source_file,
    cast(blank.source_row as bigint) as source_row
from {{ ref('returns') }} as returns
{{ with_planned_blocks('returns') }}
left join (
    select participant_id, wave, source_file, source_row
    from {{ ref('answer_codes') }}
    where is_blank
) as blank on returns.participant_id = blank.participant_id and returns.wave = blank.wave
cross join {{ source('codebook', 'items') }} as items
where not returns.is_returned
{%- endset %}

{% call(item) union_over(codebook_items(), after=of_missing_waves) %}
select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast({{ text_literal(item.item) }} as string) as item,
    cast({{ missing_reason_of(item) }} as string) as missing_reason,
    {{ source_of_item(item.item, 'source_file', later) }} as source_file,
    {{ source_of_item(item.item, 'source_row', later) }} as source_row
from {{ ref('answer_codes') }}
where not is_blank and not ({{ is_answer(item) }})
{% endcall %}
