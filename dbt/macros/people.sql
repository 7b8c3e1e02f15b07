{#- Who is on the roster, and who counts in a number. Each rule is said here only: results, trace, page and tests read what
    the models make of it. -#}

{#- Whether a row of the roster is a person of the study: nobody excluded by the study -#}
{% macro is_included() -%}
    not is_excluded
{%- endmacro %}

{#- What a row says of a measure in a wave: `value_<wave>`, and `status_<wave>`: 0 known and complete, 1 known from a part of
    the items, below zero the number of the reason why it is missing. Beside them stands `state_<wave>`, as below: of a wave
    of several exports a person may have returned one without the measure's. -#}
{% macro value_in(wave) -%}
    {{ quoted('value_' ~ wave) }}
{%- endmacro %}

{% macro status_in(wave) -%}
    {{ quoted('status_' ~ wave) }}
{%- endmacro %}

{#- The state of a person in a wave: 0 returned, else the number of the reason -#}
{% macro state_in(wave) -%}
    {{ quoted('state_' ~ wave) }}
{%- endmacro %}

{#- The change of a contrast, in its declared direction. codebook.contrasts says with which sign the baseline counts. -#}
{% macro change_of(contrast, baseline, followup) -%}
    {{ contrast.baseline_sign }} * ({{ baseline }} - {{ followup }})
{%- endmacro %}

{#- Who counts in a number of a measure: one row for each row of `relation` (a person, or people of one profile), rule of
    codebook.estimands and moment.

    relation: columns `value_<wave>`, `status_<wave>` and `state_<wave>`, and those named in `unit` (such as participant_id,
    or n). Gives the unit, measure, kind, people (the rule), moment (a wave, a contrast, or '' for all waves), is_counted,
    value (what the number is made of: the value in the wave, the change), value_baseline, value_followup, is_returned (of
    the rule `first`: whether the moment's wave was returned, null where it was not planned for the person, who then counts
    neither among those who returned nor among those who left) and reason (why not counted; of several waves with each one's
    name). -#}
{% macro counted_rows(relation, unit) -%}
    {%- set waves = codebook_waves() -%}
    {%- set columns = (['measure', 'kind'] + unit) | join(', ') -%}
    {%- set no_pair = 'cast(null as double) as value_baseline, cast(null as double) as value_followup' -%}
    {%- set no_return = 'cast(null as boolean) as is_returned' -%}
    {%- set in_waves -%}
    {%- call(wave) union_over(waves) %}
    select {{ columns }}, case kind when 'scale' then 'score' else 'value' end as people, {{ text_literal(wave) }} as moment,
        {{ status_in(wave) }} >= 0 as is_counted, {{ value_in(wave) }} as value, {{ no_pair }}, {{ no_return }},
        {{ reason_words(status_in(wave)) }} as reason
    from {{ relation }}
    union all
    select {{ columns }}, 'items', {{ text_literal(wave) }},
        {{ status_in(wave) }} = 0, {{ value_in(wave) }}, {{ no_pair }}, {{ no_return }},
        case when {{ status_in(wave) }} = 1 then 'not all items answered' else {{ reason_words(status_in(wave)) }} end
    from {{ relation }}
    {%- endcall -%}
    {%- endset -%}
    {%- set in_contrasts -%}
    {%- call(contrast) union_over(codebook_contrasts(), before=in_waves) %}
    {%- set baseline, followup = contrast.baseline, contrast.followup %}
    select {{ columns }}, 'both', {{ text_literal(contrast.contrast) }},
        {{ status_in(baseline) }} >= 0 and {{ status_in(followup) }} >= 0,
        {{ change_of(contrast, value_in(baseline), value_in(followup)) }}, {{ value_in(baseline) }}, {{ value_in(followup) }},
        {{ no_return }}, {{ reasons_in([baseline, followup]) }}
    from {{ relation }}
    {%- if codebook_conditions() %}
    union all
    select {{ columns }}, 'any_planned', {{ text_literal(contrast.contrast) }},
        {{ has_any_score() }} and not {{ is_unplanned(baseline) }} and not {{ is_unplanned(followup) }}, cast(null as double),
        {{ no_pair }}, {{ no_return }},
        case when {{ has_any_score() }} then {{ unplanned_in([baseline, followup]) }} else {{ reasons_in(waves) }} end
    from {{ relation }}
    where kind = 'scale'
    {%- endif %}
    {%- endcall -%}
    {%- endset -%}
    {%- set in_any_wave -%}
    select {{ columns }}, 'any', '',
        {{ has_any_score() }}, cast(null as double),
        {{ no_pair }}, {{ no_return }}, {{ reasons_in(waves) }}
    from {{ relation }}
    {%- endset -%}
    {%- call(wave) union_over(waves[1:], before=union_all([in_contrasts, in_any_wave])) %}
    select {{ columns }}, 'first', {{ text_literal(wave) }},
        {{ status_in(waves[0]) }} >= 0 and {{ was_planned(state_in(wave)) }}, {{ value_in(waves[0]) }},
        {{ no_pair }}, {{ is_returned(wave) }}, {{ not_planned_or(state_in(wave), reason_words(status_in(waves[0]))) }}
    from {{ relation }}
    {%- endcall -%}
{%- endmacro %}

{#- Who counts where change needs facts of the roster too: whoever counts in the change and has all of them. Rows as of
    counted_rows, of scales alone. relation: also the column `<variable>__missing` of each variable. rule: its name; of_moment:
    what stands behind the contrast in the moment. -#}
{% macro counted_with_facts(relation, unit, rule, variables, of_moment='') -%}
    {%- set no_rows = {} -%}
    {%- for column in ['measure', 'kind'] + unit + ['people', 'moment'] %}{% do no_rows.update({column: 'string'}) %}{% endfor -%}
    {%- do no_rows.update({'is_counted': 'boolean', 'value': 'double', 'value_baseline': 'double'}) -%}
    {%- do no_rows.update({'value_followup': 'double', 'is_returned': 'boolean', 'reason': 'string'}) -%}
    {%- call(contrast) union_over(codebook_contrasts(), empty=no_rows) %}
    {%- set baseline, followup = contrast.baseline, contrast.followup %}
    select {{ (['measure', 'kind'] + unit) | join(', ') }}, {{ text_literal(rule) }} as people, {{ text_literal(contrast.contrast ~ of_moment) }} as moment,
        {{ status_in(baseline) }} >= 0 and {{ status_in(followup) }} >= 0 and {{ has_all_facts(variables) }} as is_counted,
        {{ change_of(contrast, value_in(baseline), value_in(followup)) }} as value, {{ value_in(baseline) }} as value_baseline,
        {{ value_in(followup) }} as value_followup, cast(null as boolean) as is_returned,
        nullif(concat_ws(', ', {{ reasons_in([baseline, followup]) }}, {{ missing_facts(variables) }}), '') as reason
    from {{ relation }}
    where kind = 'scale'
    {%- endcall -%}
{%- endmacro %}

{#- Who counts where scores of any wave need facts of the roster too: whoever has a score and all of them. Of people with a score
    the reason is the facts that they lack. Rows and relation as of counted_with_facts. -#}
{% macro counted_with_scores_and_facts(relation, unit, rule, variables) -%}
    select {{ (['measure', 'kind'] + unit) | join(', ') }}, {{ text_literal(rule) }} as people, '' as moment,
        {{ has_any_score() }} and {{ has_all_facts(variables) }} as is_counted,
        cast(null as double) as value, cast(null as double) as value_baseline, cast(null as double) as value_followup,
        cast(null as boolean) as is_returned,
        case when {{ has_any_score() }} and not ({{ has_all_facts(variables) }}) then {{ missing_facts(variables) }} else {{ reasons_in(codebook_waves()) }} end as reason
    from {{ relation }}
    where kind = 'scale'
{%- endmacro %}

{#- Who counts in a model of later waves that is adjusted for the score in the first: whoever has that one, a later one, and all
    facts. Where nobody of the groups has a score in the first wave, there is nothing to adjust for, and any score counts. Rows and
    relation as of counted_with_facts. -#}
{% macro counted_from_first_wave(relation, unit, rule, variables=[]) -%}
    {%- set waves = codebook_waves() -%}
    {%- set facts = has_all_facts(variables) if variables else 'true' -%}
    select {{ (['measure', 'kind'] + unit) | join(', ') }}, {{ text_literal(rule) }} as people, '' as moment,
        {{ facts }} and case
            when coalesce(bool_or({{ status_in(waves[0]) }} >= 0 and {{ facts }} and people_group is not null) over (partition by measure), false)
                then {{ status_in(waves[0]) }} >= 0 and ({% for wave in waves[1:] %}{{ status_in(wave) }} >= 0{{ ' or ' if not loop.last }}{% else %}false{% endfor %})
            else {{ has_any_score() }}
        end as is_counted,
        cast(null as double) as value, cast(null as double) as value_baseline, cast(null as double) as value_followup,
        cast(null as boolean) as is_returned,
        nullif(concat_ws(', ', {{ reasons_in(waves) }}{% if variables %}, {{ missing_facts(variables) }}{% endif %}), '') as reason
    from {{ relation }}
    where kind = 'scale'
{%- endmacro %}

{#- Whether there is a value in any wave. relation: where the statuses are, with a point -#}
{% macro has_any_score(relation='') -%}
    ({% for wave in codebook_waves() %}{{ relation }}{{ status_in(wave) }} >= 0{{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Whether all of some facts of the roster are known -#}
{% macro has_all_facts(variables, relation='') -%}
    {{ 'true' if not variables }}{% for variable in variables %}{{ relation }}{{ quoted(variable ~ '__missing') }} is null{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- Which of some facts are not known, and why, in one text; null where all are known -#}
{% macro missing_facts(variables) -%}
    nullif(concat_ws(', '{% for variable in variables %}, {{ text_literal(variable ~ ': ') }} || {{ quoted(variable ~ '__missing') }}{% endfor %}), '')
{%- endmacro %}

{#- The variables of the roster that are covariates, each once -#}
{% macro covariate_variables() %}
    {{ return(codebook_covariates() | map(attribute='variable') | unique | list) }}
{% endmacro %}

{#- Whether a covariate that is not known has its mean over the roster -#}
{% macro imputes_covariates() %}
    {{ return(codebook_covariates() | map(attribute='if_missing') | select('equalto', 'mean') | list | length > 0) }}
{% endmacro %}

{#- The covariates without which a person is left out, each once -#}
{% macro needed_covariates() %}
    {{ return([] if imputes_covariates() else covariate_variables()) }}
{% endmacro %}

{#- Whether a wave was returned; null where it was not planned for the person -#}
{% macro is_returned(wave, relation='') -%}
    case when {{ was_planned(relation ~ state_in(wave)) }} then {{ relation }}{{ state_in(wave) }} = 0 end
{%- endmacro %}

{#- The reason not_planned where a state is that, else another -#}
{% macro not_planned_or(state, reason) -%}
    case when {{ was_planned(state) }} then {{ reason }} else 'not_planned' end
{%- endmacro %}

{#- The reasons of several waves in one text, each with its wave's name; null where all are known -#}
{% macro reasons_in(waves) -%}
    nullif(concat_ws(', '{% for wave in waves %}, {{ text_literal(wave ~ ': ') }} || {{ reason_words(status_in(wave)) }}{% endfor %}), '')
{%- endmacro %}

{#- Which of several waves were not planned for whom a measure is asked of there, in one text as of reasons_in -#}
{% macro unplanned_in(waves) -%}
    nullif(concat_ws(', '{% for wave in waves %}, case when {{ is_unplanned(wave) }} then {{ text_literal(wave ~ ': not_planned') }} end{% endfor %}), '')
{%- endmacro %}

{#- What is followed over time: each scale with how many items or parts it has; each service, question of yes or no, and question
    with categories with its lowest answer; block: the instrument, services or measures -#}
{% macro codebook_measures() %}
    {% set found = [] %}
    {% for scale in codebook_scales() + codebook_composites() %}
        {% set parts = scale.parts if scale.parts is defined else scale['items'] %}
        {% do found.append({'measure': scale.scale, 'kind': 'scale', 'size': parts | length, 'block': scale.instrument}) %}
    {% endfor %}
    {% for item in codebook_items() if item.kind in kinds_of_answers() %}
        {% do found.append({'measure': item.item, 'kind': item.kind, 'low': item.low, 'block': item.instrument}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{#- The kinds of measures whose values are answers by themselves, not scores -#}
{% macro kinds_of_answers() %}
    {{ return(['service', 'yes_no', 'category']) }}
{% endmacro %}

{#- The names of a measure's value and status in a wave where all measures stand side by side -#}
{% macro wide_value(measure, wave) -%}
    {{ quoted(measure.measure ~ '__value_' ~ wave) }}
{%- endmacro %}

{% macro wide_status(measure, wave) -%}
    {{ quoted(measure.measure ~ '__status_' ~ wave) }}
{%- endmacro %}

{#- Some measures side by side, all of one kind: a row a person, with the person's group and states. source: scores, or of
    measures that are answers answer_codes. -#}
{% macro wide_measures(measures, states, source) -%}
    select
        states.participant_id,
        states.people_group
        {%- for wave in codebook_waves() %}
        {%- set state, own = 'states.' ~ state_in(wave), quoted('wave_' ~ loop.index) %},
        {{ state }}
        {%- for measure in measures %}
        {%- set column = own ~ '.' ~ quoted(measure.measure) %},
        {%- if measure.kind == 'scale' %}
        {%- set reason, answered = own ~ '.' ~ quoted(measure.measure ~ '__reason'), own ~ '.' ~ quoted(measure.measure ~ '__answered') %}
        case when {{ state }} = 0 then {{ column }} end as {{ wide_value(measure, wave) }},
        cast(case
            {{- unplanned_status(measure, wave, state) }}
            when {{ state }} < 0 then {{ state }}
            when {{ reason }} is not null then {{ reason }}
            when {{ answered }} = {{ measure.size }} then 0
            else 1
        end as smallint) as {{ wide_status(measure, wave) }}
        {%- else %}
        cast(case when {{ state }} = 0 and {{ column }} >= {{ measure.low }} then {{ column }} end as double) as {{ wide_value(measure, wave) }},
        cast(case
            {{- unplanned_status(measure, wave, state) }}
            when {{ state }} < 0 then {{ state }}
            when {{ column }} >= {{ measure.low }} then 0
            else {{ column }}
        end as smallint) as {{ wide_status(measure, wave) }}
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
    from {{ states }} as states
    {{ with_planned_blocks('states') }}
    {%- for wave in codebook_waves() %}
    left join (
        select *
        from {{ source }}
        where wave = {{ text_literal(wave) }}
    ) as {{ quoted('wave_' ~ loop.index) }} on states.participant_id = {{ quoted('wave_' ~ loop.index) }}.participant_id
    {%- endfor %}
{%- endmacro %}

{#- Of a wave that was not returned, the status of a measure whose block was not planned for the person: it was not to be
    had, whatever became of the wave -#}
{% macro unplanned_status(measure, wave, state) -%}
    {%- for condition in block_conditions(measure.block) if measure.block and condition.wave == wave %}
            when {{ state }} < 0 and not planned.{{ planned_column(wave, condition.block) }} then {{ reason_number('not_planned') }}
    {%- endfor -%}
{%- endmacro %}

{#- How many rows a condition holds for -#}
{% macro count_where(condition) -%}
    coalesce(sum(case when {{ condition }} then 1 else 0 end), 0)
{%- endmacro %}
