{#- Each sign of careless answers, person by person: for every block that is declared to be judged, for the time that a
    whole sheet took, and for all of them together.
    Everybody in each wave that asks the block; who did not return it, or answered too few of its items, is not judged.
    Nobody is excluded by it. -#}
-- depends_on: {{ ref('returns') }}
-- depends_on: {{ ref('answer_codes') }}
{%- set empty = {
    'participant_id': 'string', 'wave': 'string', 'block': 'string', 'sign': 'string', 'value': 'double',
    'is_judged': 'boolean', 'is_marked': 'boolean', 'reason': 'string',
} %}
{%- set blocks = codebook_careless() %}

with block_signs as (
{% call(block) union_over(blocks, empty) %}
{%- set items = block['items'] %}
select
    participant_id,
    wave,
    {{ text_literal(block.block) }} as block,
    sign,
    case when n_answers >= {{ block.least_answers }} then value end as value,
    n_answers >= {{ block.least_answers }} as is_judged,
    n_answers >= {{ block.least_answers }} and is_beyond as is_marked,
    case when n_answers < {{ block.least_answers }} then coalesce(missing_reason, 'too_few_items') end as reason
from (
    select
        measured.*,
        signs.sign,
        case signs.sign when 'long_string' then cast(longest_run as double) else sd end as value,
        case signs.sign
            when 'long_string' then longest_run >= {{ block.least_run }}
            else {{ rounded('sd', 12) }} <= {{ block.most_sd if block.most_sd is not none else 'null' }}
        end as is_beyond
    from (
        select
            participant_id,
            wave,
            missing_reason,
            n_answers,
            greatest({% for item in items %}{{ 'run_' ~ loop.index }}{{ ', ' if not loop.last }}{% endfor %}) as longest_run,
            {{ sd_from_sums(units_in_one(items[0])) }} as sd
        from (
            select
                states.participant_id,
                states.wave,
                coalesce(
                    states.missing_reason,
                    case when codes.{{ quoted(items[0].item) }} = {{ reason_code(items[0], 'not_planned') }} then 'not_planned' end
                ) as missing_reason,
                {{ sum_of_answers(items, 0) }} as n_answers,
                {{ sum_of_answers(items, 1) }} as sum_of_answers,
                {{ sum_of_answers(items, 2) }} as sum_of_squares,
                {{ runs_of(items) }}
            from {{ ref('returns') }} as states
            left join {{ ref('answer_codes') }} as codes
                on states.participant_id = codes.participant_id and states.wave = codes.wave and states.is_returned
            where states.wave in ({% for wave in block.waves %}{{ text_literal(wave) }}{{ ', ' if not loop.last }}{% endfor %})
        ) as runs
    ) as measured
    cross join (values ('long_string'){{ ", ('low_variation')" if block.most_sd is not none }}) as signs (sign)
) as judged
{% endcall %}
),

time_signs as (
{% call(limit) union_over(codebook_short_time(), empty) %}
select
    participant_id,
    wave,
    {{ text_literal(limit.block) }} as block,
    'short_time' as sign,
    case when reason is null then seconds_taken / n_answers end as value,
    reason is null as is_judged,
    reason is null and {{ rounded('seconds_taken / nullif(n_answers, 0)', 9) }} < {{ limit.least_seconds_per_item }} as is_marked,
    reason
from (
    select
        timed.*,
        coalesce(
            missing_reason,
            case when n_answers = 0 then 'too_few_items' when seconds_taken is null then 'no_duration' end
        ) as reason
    from (
        select
            states.participant_id,
            states.wave,
            states.missing_reason,
            codes.seconds_taken,
            {{ sum_of_answers(limit['items'], 0) }} as n_answers
        from {{ ref('returns') }} as states
        left join {{ ref('answer_codes') }} as codes
            on states.participant_id = codes.participant_id and states.wave = codes.wave and states.is_returned
        where states.wave in ({% for wave in limit.waves %}{{ text_literal(wave) }}{{ ', ' if not loop.last }}{% endfor %})
    ) as timed
) as reasoned
{% endcall %}
),

signs as (
    select * from block_signs
    union all
    select * from time_signs
),

together as (
    select
        participant_id,
        wave,
        sign,
        count(*) filter (where is_marked) as n_marked,
        bool_or(is_judged) as is_judged,
        min(reason) as reason
    from signs
    group by grouping sets ((participant_id, wave, sign), (participant_id, wave))
)

select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast(block as string) as block,
    cast(sign as string) as sign,
    cast(value as double) as value,
    is_judged,
    is_marked,
    cast(reason as string) as reason
from signs
union all
select
    cast(participant_id as string),
    cast(wave as string),
    'any_block',
    cast(coalesce(sign, 'any_sign') as string),
    cast(case when is_judged then n_marked end as double),
    is_judged,
    n_marked > 0,
    cast(case when not is_judged then reason end as string)
from together
-- The time is of the whole sheet already.
where sign is distinct from 'short_time'
