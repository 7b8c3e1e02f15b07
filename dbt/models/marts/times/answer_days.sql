{{ config(materialized='view') }}
{#- When people answered a wave that they returned, in days from their baseline: the day on which they answered the first wave. A
    day that is not known, or lies before the baseline, is a reason and no number. Who answered outside the wave's visit window
    is kept, and called early or late; whoever answered far off the planned time is marked. -#}
-- depends_on: {{ ref('answer_codes') }}
{%- set windows, waves = codebook_visit_windows(), codebook_waves() %}

with returned as (
    select participant_id, wave, answered_on
    from {{ ref('answer_codes') }}
    where not is_blank
),

baselines as (
    select participant_id, answered_on
    from returned
    where wave = {{ text_literal(waves | first) }}
),

counted as (
    select
        returned.participant_id,
        returned.wave,
        returned.answered_on,
        baselines.answered_on as baseline_on,
        case
            when returned.answered_on is null then 'no_date'
            when baselines.answered_on is null then 'no_baseline_date'
            when returned.answered_on < baselines.answered_on then 'before_baseline'
        end as missing_reason
    from returned
    left join baselines on returned.participant_id = baselines.participant_id
),

dated as (
    select
        *,
        case when missing_reason is null then {{ dbt.datediff('baseline_on', 'answered_on', 'day') }} end as days_from_baseline
    from counted
)

select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast(answered_on as date) as answered_on,
    cast(baseline_on as date) as baseline_on,
    cast(days_from_baseline as bigint) as days_from_baseline,
    {%- if windows %}
    cast(case
        when days_from_baseline is null then null
        {%- for window in windows %}
        when wave = {{ text_literal(window.wave) }} and days_from_baseline < {{ window.earliest_day }} then 'early'
        when wave = {{ text_literal(window.wave) }} and days_from_baseline > {{ window.latest_day }} then 'late'
        when wave = {{ text_literal(window.wave) }} then 'in_window'
        {%- endfor %}
    end as string) as visit,
    {%- else %}
    cast(null as string) as visit,
    {%- endif %}
    cast(coalesce(case wave
        {%- for planned in codebook_far_off_days() %}
        when {{ text_literal(planned.wave) }} then abs(days_from_baseline - {{ planned.days }}) > {{ planned.far_off_days }}
        {%- endfor %}
        when {{ text_literal(waves | first) }} then false
    end, false) as boolean) as is_far_off,
    cast(missing_reason as string) as missing_reason
from dated
