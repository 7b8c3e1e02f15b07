{{ config(materialized='view') }}
{#- What is followed over time, long: one row a person, measure and planned wave, known or not; facts of the roster have no
    wave. A view, for people. -#}
-- depends_on: {{ ref('person_profiles') }}
{%- set categories = codebook_measure_categories() %}
{%- set facts %}
select
    cast(participant_id as string) as participant_id,
    cast(variable as string) as measure,
    cast('fact' as string) as kind,
    cast(null as string) as wave,
    cast(number as double) as value,
    cast(category as string) as category,
    missing_reason is null as is_known,
    missing_reason is null as is_complete,
    cast(missing_reason as string) as missing_reason
from {{ ref('participant_values') }}
{%- endset %}

{% call(wave) union_over(codebook_waves(), after=facts) %}
select
    participant_id,
    cast(measure as string) as measure,
    cast(kind as string) as kind,
    cast({{ text_literal(wave) }} as string) as wave,
    cast({{ value_in(wave) }} as double) as value,
    {%- if categories %}
    cast(case
        {%- for entry in categories %}
        when measure = {{ text_literal(entry.measure) }} and {{ value_in(wave) }} = {{ entry.stored_as }} then {{ text_literal(entry.category) }}
        {%- endfor %}
    end as string) as category,
    {%- else %}
    cast(null as string) as category,
    {%- endif %}
    {{ status_in(wave) }} >= 0 as is_known,
    {{ status_in(wave) }} = 0 as is_complete,
    cast({{ reason_words(status_in(wave)) }} as string) as missing_reason
from {{ ref('person_profiles') }}
{% endcall %}
