{#- Cells that contradict the gates: answers to items that other answers skipped past, and codes for "not asked" in items
    that were to be asked. One row a person, wave and item. -#}
-- depends_on: {{ ref('answer_codes') }}
-- depends_on: {{ ref('stg_answers') }}
{%- set later = codebook_parts() %}
{%- set empty = {
    'participant_id': 'string', 'wave': 'string', 'item': 'string', 'answer': 'double', 'contradiction': 'string',
    'treatment': 'string', 'source_file': 'string', 'source_row': 'bigint',
} %}

{% call(item) union_over(gated(codebook_items()), empty) %}
{%- set rule = item.gate.answered_though_not_asked or 'undeclared' %}
select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast({{ text_literal(item.item) }} as string) as item,
    cast({{ answer_of(item) }} as double) as answer,
    cast(case
        when {{ is_answer(item) }} then 'answered_though_not_asked'
        else 'not_asked_though_asked'
    end as string) as contradiction,
    cast(case when {{ is_answer(item) }} then '{{ rule }}' else 'keep' end as string) as treatment,
    {{ source_of_item(item.item, 'source_file', later) }} as source_file,
    {{ source_of_item(item.item, 'source_row', later) }} as source_row
from {{ ref('answer_codes') }}
where {{ is_answer(item) }} and {{ is_skipped_past(item.gate) }}
    or {{ quoted(item.item) }} = {{ reason_code(item, 'not_asked') }} and {{ is_reached(item.gate) }}
{%- if rule == 'set_aside' %}
union all
select
    cast(typed.participant_id as string),
    cast(typed.wave as string),
    cast({{ text_literal(item.item) }} as string),
    cast({{ as_answered(item, 'typed.' ~ quoted(item.item)) }} as double),
    cast('answered_though_not_asked' as string),
    cast('set_aside' as string),
    cast(typed.source_file as string),
    cast(typed.source_row as bigint)
from {{ ref('stg_answers') }} as typed
inner join (
    select participant_id, wave
    from {{ ref('answer_codes') }}
    where {{ is_valid_skip(item) }}
) as skips on typed.participant_id = skips.participant_id and typed.wave = skips.wave
where typed.{{ quoted(item.item) }} >= {{ item.low }}
{%- endif %}
{% endcall %}
