{{ config(materialized='view') }}
{#- Which stratum of each norm sample a person is in, wave by wave; a person whom none covers, or of whom what decides it is not
    known, has a reason. -#}
-- depends_on: {{ ref('participants') }}
-- depends_on: {{ ref('answer_days') }}
{%- set empty = {'participant_id': 'string', 'wave': 'string', 'sample': 'string', 'stratum': 'string', 'missing_reason': 'string'} %}

with planned as (
    select
        wave,
        wave_order,
        month - min(case when wave_order = 1 then month end) over () as months_from_first
    from {{ source('codebook', 'waves') }}
)

{% call(sample) union_over(codebook_norm_samples(), empty) %}
select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast({{ text_literal(sample.sample) }} as string) as sample,
    cast(stratum as string) as stratum,
    cast(case when stratum is null then coalesce(unknown, 'no stratum') end as string) as missing_reason
from (
    select
        people.participant_id,
        waves.wave,
        {{ unknown_stratum(sample.strata[0].conditions) }} as unknown,
        case
            {%- for stratum in sample.strata %}
            when {{ is_in_stratum(stratum) }} then {{ text_literal(stratum.stratum) }}
            {%- endfor %}
        end as stratum
    from {{ ref('participants') }} as people
    cross join planned as waves
    left join {{ ref('answer_days') }} as days on people.participant_id = days.participant_id and waves.wave = days.wave
) as placed
{% endcall %}
