{#- From those listed down to those who returned each wave, and both waves of each contrast. The counts in every box add up. -#}
-- depends_on: {{ ref('return_states') }}
{%- set roster %}
select
    'roster' as step,
    'roster' as moment,
    everybody.n + excluded.n as listed,
    excluded.n as excluded,
    cast(null as bigint) as not_planned,
    cast(null as bigint) as withdrawn,
    cast(null as bigint) as returned_blank,
    cast(null as bigint) as not_returned,
    everybody.n as n
from (select count(*) as n from {{ ref('participants') }}) as everybody
cross join (select count(*) as n from {{ ref('exclusions') }}) as excluded
{%- endset %}
{%- set waves %}
{%- call(wave) union_over(codebook_waves(), before=roster) %}
{%- set state = state_in(wave) %}
select
    'wave',
    {{ text_literal(wave) }},
    count(*),
    null,
    {{ count_where(state ~ ' = ' ~ reason_number('not_planned')) }},
    {{ count_where(state ~ ' = ' ~ reason_number('withdrawn')) }},
    {{ count_where(state ~ ' = ' ~ reason_number('returned_blank')) }},
    {{ count_where(state ~ ' = ' ~ reason_number('wave_not_returned')) }},
    {{ count_where(state ~ ' = 0') }}
from {{ ref('return_states') }}
{%- endcall %}
{%- endset %}

with steps as (
    {% call(contrast) union_over(codebook_contrasts(), before=waves) %}
    {%- set planned_for_both = was_planned(state_in(contrast.baseline)) ~ ' and ' ~ was_planned(state_in(contrast.followup)) %}
    {%- set is_pair = state_in(contrast.baseline) ~ ' = 0 and ' ~ state_in(contrast.followup) ~ ' = 0' %}
    select
        'contrast',
        {{ text_literal(contrast.contrast) }},
        count(*),
        null,
        count(*) - {{ count_where(planned_for_both) }},
        null,
        null,
        {{ count_where(planned_for_both) }} - {{ count_where(is_pair) }},
        {{ count_where(is_pair) }}
    from {{ ref('return_states') }}
    {% endcall %}
)

select
    cast(step as varchar) as step,
    cast(moment as varchar) as moment,
    cast(listed as bigint) as listed,
    cast(excluded as bigint) as excluded,
    cast(not_planned as bigint) as not_planned,
    cast(withdrawn as bigint) as withdrawn,
    cast(returned_blank as bigint) as returned_blank,
    cast(not_returned as bigint) as not_returned,
    cast(n as bigint) as n
from steps
