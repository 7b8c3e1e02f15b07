{#- How many people have which values over the waves: the rows of person_profiles, counted. All that inference needs to know
    of the people, as whole numbers. Where values hardly repeat it is one row a person. People and their scores are joined
    once for many measures; each is a grouping set of its own. -#}
-- depends_on: {{ ref('return_states') }}
-- depends_on: {{ ref('planned_waves') }}
{%- set sources = {'scale': ref('scores'), 'other': ref('answer_codes')} %}
{%- set waves = codebook_waves() %}
{%- set blocks = [] %}
{%- for kind in ['scale'] + kinds_of_answers() if waves %}
{%- set measures = codebook_measures() | selectattr('kind', 'equalto', kind) | list %}
{%- for block in measures | batch(grouping_sets_at_once()) %}{% do blocks.append(block) %}{% endfor %}
{%- endfor %}
{%- set empty = {'measure': 'string', 'kind': 'string', 'people_group': 'string', 'n': 'bigint'} %}

{% call(block) union_over(blocks, empty) %}
select
    cast(case
        {%- for measure in block %}
        when grouping({{ wide_value(measure, waves[0]) }}) = 0 then {{ text_literal(measure.measure) }}
        {%- endfor %}
    end as string) as measure,
    cast({{ text_literal(block[0].kind) }} as string) as kind,
    people_group
    {%- for wave in waves %},
    coalesce({% for measure in block %}{{ wide_value(measure, wave) }}, {% endfor %}null) as {{ value_in(wave) }},
    coalesce({% for measure in block %}{{ wide_status(measure, wave) }}, {% endfor %}null) as {{ status_in(wave) }},
    {{ state_in(wave) }}
    {%- endfor %},
    cast(count(*) as bigint) as n
from (
    {{ wide_measures(block, ref('return_states'), sources['scale' if block[0].kind == 'scale' else 'other']) }}
) as everybody
group by grouping sets (
    {%- for measure in block %}
    (
        people_group,
        {%- for wave in waves %}
        {{ wide_value(measure, wave) }}, {{ wide_status(measure, wave) }}, {{ state_in(wave) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ){{ ',' if not loop.last }}
    {%- endfor %}
)
{% endcall %}
