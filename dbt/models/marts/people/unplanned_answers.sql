{#- Rows with answers of people for whom the wave, or the block, is not planned: kept or set aside, as the protocol says. -#}
-- depends_on: {{ ref('stg_answers') }}
-- depends_on: {{ ref('planned_waves') }}
{%- set items = codebook_items() %}
{%- set empty = {
    'participant_id': 'string', 'wave': 'string', 'block': 'string', 'rule': 'string', 'source_file': 'string',
    'source_row': 'bigint',
} %}

with unplanned as (
    {% call(condition) union_over(codebook_conditions(), empty) %}
    {%- set of_block = items | selectattr('instrument', 'equalto', condition.block) | list if condition.block else items %}
    select
        answers.participant_id,
        answers.wave,
        {{ text_literal(condition.block or '') }} as block,
        {{ text_literal(condition.unplanned_answers) if condition.unplanned_answers else 'null' }} as rule,
        answers.source_file,
        answers.source_row
    from {{ ref('stg_answers') }} as answers
    inner join {{ ref('planned_waves') }} as planned on answers.participant_id = planned.participant_id
    where answers.wave = {{ text_literal(condition.wave) }}
        and not planned.{{ planned_column(condition.wave, condition.block) }}
        and {{ holds_anything(of_block, 'answers.') }}
    {% endcall %}
)

select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast(block as string) as block,
    cast(rule as string) as rule,
    cast(source_file as string) as source_file,
    cast(source_row as bigint) as source_row
from unplanned
