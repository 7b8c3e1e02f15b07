{#- The steps of the study's flow, of everybody or of each group of people. -#}

{#- Those who returned each wave, and both waves of each contrast, below the rows of a first step. by_group: of each group
    apart, its name in the first column; people whose group is not known are a group without a name. -#}
{% macro flow_steps(first_step, by_group=false) -%}
    {%- set group_column = 'people_group,' if by_group else '' -%}
    {%- set group_by = 'group by people_group' if by_group else '' -%}
    {%- set in_waves -%}
    {%- call(wave) union_over(codebook_waves(), before=first_step) %}
    {%- set state = state_in(wave) %}
    select
        {{ group_column }}
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
    {{ group_by }}
    {%- endcall %}
    {%- endset -%}
    {% call(contrast) union_over(codebook_contrasts(), before=in_waves) %}
    {%- set planned_for_both = was_planned(state_in(contrast.baseline)) ~ ' and ' ~ was_planned(state_in(contrast.followup)) %}
    {%- set is_pair = state_in(contrast.baseline) ~ ' = 0 and ' ~ state_in(contrast.followup) ~ ' = 0' %}
    select
        {{ group_column }}
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
    {{ group_by }}
    {% endcall %}
{%- endmacro %}
