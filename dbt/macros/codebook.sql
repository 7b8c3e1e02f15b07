{#- What the scoring SQL is generated from. Each macro returns a list of dictionaries read from a source of schema codebook,
    which the codebook asset writes before dbt runs. While dbt only parses, the lists are empty, and dbt notes which sources
    a model depends on. Unit tests override the macros. -#}

{#- Asked once a run, by its SQL: many models ask the same, and an answer takes dbt longer than DuckDB. `graph` is the one
    dictionary that all nodes of a run share; dbt makes it anew for each run. Whoever asks gets entries of its own. -#}
{% macro codebook_rows(sql) %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set asked = graph.setdefault('codebook', {}) %}
    {% if sql not in asked %}
        {% set result = run_query(sql) %}
        {% set names = result.column_names %}
        {% set rows = [] %}
        {% for row in result.rows %}
            {% set entry = {} %}
            {% for name in names %}{% do entry.update({name: row[name]}) %}{% endfor %}
            {% do rows.append(entry) %}
        {% endfor %}
        {% do asked.update({sql: rows}) %}
    {% endif %}
    {% set copies = [] %}
    {% for entry in asked[sql] %}{% do copies.append(dict(entry)) %}{% endfor %}
    {{ return(copies) }}
{% endmacro %}

{#- item, instrument, decimals, takes_any_decimals (whether more are rounded to these), low, high, turned_from (null for an item
    that is not reversed), kind (item, service, yes_no, category), in the order of the codebook; answers (list of {answer,
    counts_as}) of an item that does not allow every number from low to high, or is recoded (is_recoded); gate of an item that is
    asked only after certain answers to others (macros/gates). Answers as they are stored: whole numbers of their last
    decimal. -#}
{% macro codebook_items() %}
    {% set items_query %}
        select
            item,
            instrument,
            cast(decimals as integer) as decimals,
            takes_any_decimals,
            cast(round(low * power(10, decimals)) as bigint) as low,
            cast(round(high * power(10, decimals)) as bigint) as high,
            cast(round(turned_from * power(10, decimals)) as bigint) as turned_from,
            is_recoded,
            kind
        from {{ source('codebook', 'items') }}
        order by item_order
    {% endset %}
    {% set answers_query %}
        select
            answers.item,
            cast(round(answers.answer * power(10, items.decimals)) as bigint) as answer,
            cast(round(answers.counts_as * power(10, items.decimals)) as bigint) as counts_as
        from {{ source('codebook', 'item_answers') }} as answers
        inner join {{ source('codebook', 'items') }} as items on answers.item = items.item
        order by answers.item, answers.answer
    {% endset %}
    {% set gates_query %}
        select
            item,
            cast(level as integer) as level,
            combined_by,
            gate,
            answers,
            blank_counts_as,
            answered_though_not_asked
        from {{ source('codebook', 'item_gates') }}
        order by item, condition_order
    {% endset %}
    {% set items, answers = codebook_rows(items_query), codebook_rows(answers_query) %}
    {% set gates = codebook_rows(gates_query) %}
    {% for item in items if answers %}
        {% do item.update({'answers': answers | selectattr('item', 'equalto', item.item) | list}) %}
    {% endfor %}
    {% for item in items if gates %}
        {% for gate in gates if gate.item == item.item %}
            {% if item.gate is not defined %}{% do item.update({'gate': dict(gate, conditions=[])}) %}{% endif %}
            {% set gating = items | selectattr('item', 'equalto', gate.gate) | first %}
            {% do item.gate.conditions.append({'item': {'item': gating.item, 'low': gating.low}, 'answers': gate.answers}) %}
        {% endfor %}
    {% endfor %}
    {{ return(items) }}
{% endmacro %}

{#- item, wave, status ('asked', 'not_in_wave', 'column_absent'), only where the status is not 'asked' -#}
{% macro codebook_unasked() %}
    {% set query %}
        select item, wave, status
        from {{ source('codebook', 'wave_items') }}
        where status <> 'asked'
        order by item, wave
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- Why an answer or a score is missing: the number of each reason, from -1 down. Asked for thousands of times a run, so the
    dictionary is made once and is the same for all: nobody changes it. -#}
{% macro codebook_missing_reasons() %}
    {% if not execute or 'missing_reasons' not in graph %}
        {% set query %}
            select missing_reason, cast(number as integer) as number
            from {{ source('codebook', 'missing_reasons') }}
            order by number desc
        {% endset %}
        {% set numbers = {} %}
        {% for row in codebook_rows(query) %}{% do numbers.update({row.missing_reason: row.number | int}) %}{% endfor %}
        {% if not execute %}{{ return(numbers) }}{% endif %}
        {% do graph.update({'missing_reasons': numbers}) %}
    {% endif %}
    {{ return(graph['missing_reasons']) }}
{% endmacro %}

{#- Planned waves in their order: wave -#}
{% macro codebook_waves() %}
    {% set query %}
        select wave
        from {{ source('codebook', 'waves') }}
        order by wave_order
    {% endset %}
    {{ return(codebook_rows(query) | map(attribute='wave') | list) }}
{% endmacro %}

{#- contrast, baseline, followup, baseline_sign (codebook.contrasts), in the order of the protocol -#}
{% macro codebook_contrasts() %}
    {% set query %}
        select contrast, baseline, followup, cast(baseline_sign as integer) as baseline_sign
        from {{ source('codebook', 'contrasts') }}
        order by contrast_order
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- The tables of schema raw that hold the waves' answers: wave, part (which of the wave's exports), table_name,
    decimal_mark, decimal_marks (of items whose column has another, by item; none where there is no such item), duration_column,
    duration_unit and duration_mark (of the time that a sheet took, null where it is not declared) -#}
{% macro codebook_wave_tables() %}
    {% set marks_query %}
        select wave, item, decimal_mark
        from {{ source('codebook', 'decimal_marks') }}
        order by wave, item
    {% endset %}
    {% set tables_query %}
        select
            wave,
            cast(part as integer) as part,
            table_name,
            decimal_mark,
            duration_column,
            duration_unit,
            duration_mark
        from {{ source('codebook', 'wave_exports') }}
        order by wave_order, part
    {% endset %}
    {% set tables = codebook_rows(tables_query) %}
    {% for mark in codebook_rows(marks_query) %}
        {% for table in tables if table.wave == mark.wave %}
            {% do table.update({'decimal_marks': dict(table.decimal_marks or {}, **{mark.item: mark.decimal_mark})}) %}
        {% endfor %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}

{#- Items that do not stand in the first export of a wave: item, wave, part (which of the wave's exports; 0 where a wave of
    several exports asks it in none). Empty in a study with one export a wave. -#}
{% macro codebook_parts() %}
    {% set query %}
        select item, wave, cast(coalesce(part, 0) as integer) as part
        from {{ source('codebook', 'wave_items') }}
        where part is distinct from 1
        order by item, wave
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- wave, item, answer_text, code (as it is stored; null for a special code), missing_reason (null for a label), is_range (whether it stands
    for the numbers from low to high; null for no limit) -#}
{% macro codebook_answer_texts() %}
    {% set query %}
        select
            texts.wave,
            texts.item,
            texts.answer_text,
            cast(round(texts.code * power(10, items.decimals)) as bigint) as code,
            texts.missing_reason,
            texts.low is not null or texts.high is not null as is_range,
            cast(texts.low as string) as low,
            cast(texts.high as string) as high
        from {{ source('codebook', 'answer_texts') }} as texts
        inner join {{ source('codebook', 'items') }} as items on texts.item = items.item
        order by texts.item, texts.wave, texts.answer_text
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- scale, instrument, aggregate, minimum_answered, factor (null for none), is_rounded, is_given (no items behind it), items (list of codes), conversion (list
    of {raw_sum, score}), minimums (list of {left_out, minimum_answered}) of a scale whose minimum is of the items asked -#}
{% macro codebook_scales() %}
    {% set scales_query %}
        select
            scale,
            instrument,
            aggregate,
            cast(minimum_answered as integer) as minimum_answered,
            cast(factor as string) as factor,
            is_rounded,
            is_given
        from {{ source('codebook', 'scales') }}
        where aggregate not in ('mean_of_scales', 'sum_of_scales')
        order by scale_order
    {% endset %}
    {% set items_query %}
        select
            scale_items.scale,
            scale_items.item,
            cast(round(scale_items.turned_from * power(10, items.decimals)) as bigint) as turned_from
        from {{ source('codebook', 'scale_items') }} as scale_items
        inner join {{ source('codebook', 'items') }} as items on scale_items.item = items.item
        order by scale_items.scale, scale_items.item_order
    {% endset %}
    {% set conversions_query %}
        select scale, cast(raw_sum as integer) as raw_sum, cast(score as string) as score
        from {{ source('codebook', 'scale_conversions') }}
        order by scale, raw_sum
    {% endset %}
    {% set minimums_query %}
        select scale, cast(left_out as integer) as left_out, cast(minimum_answered as integer) as minimum_answered
        from {{ source('codebook', 'scale_minimums') }}
        order by scale, left_out
    {% endset %}
    {% set minimums = codebook_rows(minimums_query) %}
    {% set scales, items, conversions = codebook_rows(scales_query), codebook_rows(items_query), codebook_rows(conversions_query) %}
    {% for scale in scales %}
        {% do scale.update({'items': items | selectattr('scale', 'equalto', scale.scale) | map(attribute='item') | list}) %}
        {% set keys = {} %}
        {% for entry in items if entry.scale == scale.scale %}{% do keys.update({entry.item: entry.turned_from}) %}{% endfor %}
        {% do scale.update({'turned_from': keys}) %}
        {% do scale.update({'conversion': conversions | selectattr('scale', 'equalto', scale.scale) | list}) %}
        {% if minimums %}{% do scale.update({'minimums': minimums | selectattr('scale', 'equalto', scale.scale) | list}) %}{% endif %}
    {% endfor %}
    {{ return(scales) }}
{% endmacro %}

{#- Scales, as codebook_scales, whose reliability is also of polychoric correlations -#}
{% macro codebook_ordinal_scales() %}
    {% set query %}
        select scale
        from {{ source('codebook', 'ordinal_scales') }}
        order by scale_order
    {% endset %}
    {% set codes = codebook_rows(query) | map(attribute='scale') | list %}
    {{ return(codebook_scales() | selectattr('scale', 'in', codes) | list) }}
{% endmacro %}

{#- scale, instrument, aggregate, minimum_answered, parts (list of scale codes) -#}
{% macro codebook_composites() %}
    {% set composites_query %}
        select scale, instrument, aggregate, cast(minimum_answered as integer) as minimum_answered
        from {{ source('codebook', 'scales') }}
        where aggregate in ('mean_of_scales', 'sum_of_scales')
        order by scale_order
    {% endset %}
    {% set parts_query %}
        select scale, part
        from {{ source('codebook', 'scale_parts') }}
        order by scale, part_order
    {% endset %}
    {% set composites, parts = codebook_rows(composites_query), codebook_rows(parts_query) %}
    {% for composite in composites %}
        {% do composite.update({'parts': parts | selectattr('scale', 'equalto', composite.scale) | map(attribute='part') | list}) %}
    {% endfor %}
    {{ return(composites) }}
{% endmacro %}

{#- variable, kind, minimum, maximum, decimal_mark, texts (list of {answer_text, category}) -#}
{% macro codebook_variables() %}
    {% set variables_query %}
        select
            variable,
            kind,
            cast(minimum as string) as minimum,
            cast(maximum as string) as maximum,
            decimal_mark
        from {{ source('codebook', 'participant_variables') }}
        order by variable_order
    {% endset %}
    {% set texts_query %}
        select variable, category, answer_text
        from {{ source('codebook', 'category_texts') }}
        order by variable, answer_text
    {% endset %}
    {% set special_codes_query %}
        select
            variable,
            answer_text,
            missing_reason,
            low is not null or high is not null as is_range,
            cast(low as string) as low,
            cast(high as string) as high
        from {{ source('codebook', 'participant_special_codes') }}
        order by variable, answer_text
    {% endset %}
    {% set variables, texts = codebook_rows(variables_query), codebook_rows(texts_query) %}
    {% set special_codes = codebook_rows(special_codes_query) %}
    {% for variable in variables %}
        {% do variable.update({'texts': texts | selectattr('variable', 'equalto', variable.variable) | list}) %}
        {% do variable.update({'special_codes': special_codes | selectattr('variable', 'equalto', variable.variable) | list}) %}
    {% endfor %}
    {{ return(variables) }}
{% endmacro %}

{#- The answers to questions of yes or no, and with categories: measure, category, stored_as -#}
{% macro codebook_measure_categories() %}
    {% set query %}
        select measure, category, cast(stored_as as integer) as stored_as
        from {{ source('codebook', 'measure_categories') }}
        order by measure, stored_as
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- The variable of the roster by which people are in groups; none where everybody is one group -#}
{% macro codebook_group_variable() %}
    {% set query %}
        select distinct variable
        from {{ source('codebook', 'groups') }}
    {% endset %}
    {{ return(codebook_rows(query) | map(attribute='variable') | first | default(none)) }}
{% endmacro %}

{#- What differences between groups are adjusted for beside the score at baseline: term, variable, category (null for a number);
    none where no covariates are declared -#}
{% macro codebook_covariates() %}
    {% set query %}
        select term, variable, category, if_missing
        from {{ source('codebook', 'covariates') }}
        order by term_order
    {% endset %}
    {{ return(codebook_rows(query)) }}
{% endmacro %}

{#- Whether the mixed model for repeated measures is adjusted for the score in the first wave: who counts in it then needs one -#}
{% macro codebook_adjusts_for_first_wave() %}
    {% set query %}
        select distinct repeated_measures_baseline
        from {{ source('codebook', 'groups') }}
    {% endset %}
    {{ return('covariate' in (codebook_rows(query) | map(attribute='repeated_measures_baseline') | list)) }}
{% endmacro %}

{#- The variables in whose categories differences between groups are given and compared -#}
{% macro codebook_subgroups() %}
    {% set query %}
        select variable
        from {{ source('codebook', 'subgroups') }}
        order by subgroup_order
    {% endset %}
    {{ return(codebook_rows(query) | map(attribute='variable') | list) }}
{% endmacro %}

{#- For whom waves and blocks are planned that are not for everybody: wave, block (null: the wave itself), if_unknown,
    unplanned_answers (each null where nobody decided), is_of_every_block (whether every block of the wave has a condition),
    variables (list of {variable, categories}), in the order of the protocol -#}
{% macro codebook_conditions() %}
    {% set query %}
        select wave, block, variable, category, planned_if_unknown, unplanned_answers, is_of_every_block
        from {{ source('codebook', 'planned_for') }}
        order by condition_order, variable, category
    {% endset %}
    {% set conditions = [] %}
    {% for row in codebook_rows(query) %}
        {% if not conditions or [conditions[-1].wave, conditions[-1].block] != [row.wave, row.block] %}
            {% do conditions.append({
                'wave': row.wave, 'block': row.block, 'if_unknown': row.planned_if_unknown,
                'unplanned_answers': row.unplanned_answers, 'is_of_every_block': row.is_of_every_block, 'variables': [],
            }) %}
        {% endif %}
        {% set variables = conditions[-1].variables %}
        {% if not variables or variables[-1].variable != row.variable %}
            {% do variables.append({'variable': row.variable, 'categories': []}) %}
        {% endif %}
        {% do variables[-1].categories.append(row.category) %}
    {% endfor %}
    {{ return(conditions) }}
{% endmacro %}
