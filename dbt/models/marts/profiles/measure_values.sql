{{ config(materialized='view') }}
{#- What is followed over time, long: one row a person, measure and planned wave, known or not; facts of the roster have no
    wave. A view, for people. -#}
-- depends_on: {{ ref('person_profiles') }}
{%- set categories = codebook_measure_categories() %}
{%- set facts %}
select
    cast(participant_id as varchar) as participant_id,
    cast(variable as varchar) as measure,
    cast('fact' as varchar) as kind,
    cast(null as varchar) as wave,
    cast(number as double) as value,
    cast(category as varchar) as category,
    missing_reason is null as is_known,
    missing_reason is null as is_complete,
    cast(missing_reason as varchar) as missing_reason
from {{ ref('participant_values') }}
{%- endset %}

{% call(wave) union_over(codebook_waves(), after=facts) %}
select
    participant_id,
    cast(measure as varchar) as measure,
    cast(kind as varchar) as kind,
    cast({{ text_literal(wave) }} as varchar) as wave,
    cast({{ value_in(wave) }} as double) as value,
    {%- if categories %}
    cast(case
        {%- for entry in categories %}
        when measure = {{ text_literal(entry.measure) }} and {{ value_in(wave) }} = {{ entry.stored_as }} then {{ text_literal(entry.category) }}
        {%- endfor %}
    end as varchar) as category,
    {%- else %}
    cast(null as varchar) as category,
    {%- endif %}
    {{ status_in(wave) }} >= 0 as is_known,
    {{ status_in(wave) }} = 0 as is_complete,
    cast({{ reason_words(status_in(wave)) }} as varchar) as missing_reason
from {{ ref('person_profiles') }}
{% endcall %}
