{#- Building a wave anew only when it is stale. Each row of a model that keeps waves carries the content stamp that its wave
    was made from, and a wave whose stamp is another now is deleted and made again. -#}

{#- A table to which the stale waves are added, after they and waves that the protocol no longer has were deleted. As dbt's
    incremental tables, but written once: those make a table of what is new first, and copy it from there. The model selects
    the rows of its stale waves, all of them where it does not stand yet. Columns may not change (drop_outgrown). -#}
{% materialization kept_by_wave, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set standing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if standing is not none and standing.is_table and keeps_waves() %}
        {%- set columns = [] -%}
        {%- for column in adapter.get_columns_in_relation(standing) -%}{%- do columns.append(quoted(column.name)) -%}{%- endfor -%}
        {%- set stale = stale_waves(this) -%}
        {%- set fresh = wave_stamps() | map(attribute='wave') | reject('in', stale) | list -%}
        {% call statement('forget') %}
            delete from {{ standing }} where not ({{ is_of_waves('wave', fresh) }})
        {% endcall %}
        {% call statement('main') %}
            insert into {{ standing }} ({{ columns | join(', ') }})
            select {{ columns | join(', ') }}
            from (
                {{ compiled_code }}
            ) as fresh
        {% endcall %}
    {% else %}
        {{ drop_relation_if_exists(standing) }}
        {% call statement('main') %}
            {{ create_table_as(False, target_relation, compiled_code) }}
        {% endcall %}
    {% endif %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- Whether rows of one wave can be taken out of a table; where they cannot, it is made anew -#}
{% macro keeps_waves() %}
    {{ return(adapter.dispatch('keeps_waves')()) }}
{% endmacro %}

{% macro default__keeps_waves() %}
    {{ return(true) }}
{% endmacro %}

{% macro spark__keeps_waves() %}
    {{ return(config.get('file_format', 'parquet') in ('delta', 'iceberg', 'hudi')) }}
{% endmacro %}

{#- wave, stamp: as marts.wave_stamps has them -#}
{% macro wave_stamps() %}
    {{ return(codebook_rows("select wave, content_stamp from " ~ ref('wave_stamps') ~ " order by wave")) }}
{% endmacro %}

{#- The waves that a model has not, or not as they are now: all of them where it does not stand yet -#}
{% macro stale_waves(relation) %}
    {%- set stamps = wave_stamps() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set standing = load_relation(relation) -%}
    {%- set kept = [] -%}
    {%- if standing is not none and standing.is_table and keeps_waves() -%}
        {%- if 'content_stamp' in adapter.get_columns_in_relation(standing) | map(attribute='name') -%}
            {%- for row in codebook_rows('select distinct wave, content_stamp from ' ~ standing) -%}
                {%- do kept.append(row.wave ~ ' ' ~ row.content_stamp) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- set stale = [] -%}
    {%- for entry in stamps if entry.wave ~ ' ' ~ entry.content_stamp not in kept -%}
        {%- do stale.append(entry.wave) -%}
    {%- endfor -%}
    {{ return(stale) }}
{% endmacro %}

{#- Whether a row is of one of some waves; of no row where there are none. It stays in the query, so that lineage is
    whole. -#}
{% macro is_of_waves(column, waves) -%}
    {%- if waves -%}
    {{ column }} in ({% for wave in waves %}{{ text_literal(wave) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}

{#- The stamp of a row's wave -#}
{% macro stamp_of_wave(column) -%}
    case {{ column }}{% for entry in wave_stamps() %} when {{ text_literal(entry.wave) }} then '{{ entry.content_stamp }}'{% endfor %} end
{%- endmacro %}

{#- Texts of a group joined into one, in the order of another column -#}
{% macro joined_in_order(column, place) -%}
    {{ return(adapter.dispatch('joined_in_order')(column, place)) }}
{%- endmacro %}

{% macro duckdb__joined_in_order(column, place) -%}
    string_agg({{ column }}, '|' order by {{ place }})
{%- endmacro %}

{% macro spark__joined_in_order(column, place) -%}
    array_join(transform(array_sort(collect_list(struct({{ place }} as place, {{ column }} as text))), entry -> entry.text), '|')
{%- endmacro %}

{#- A whole number that stands for a text, to see whether a set of texts is still the same -#}
{% macro content_hash(column) -%}
    {{ return(adapter.dispatch('content_hash')(column)) }}
{%- endmacro %}

{% macro duckdb__content_hash(column) -%}
    hash({{ column }})
{%- endmacro %}

{% macro spark__content_hash(column) -%}
    xxhash64({{ column }})
{%- endmacro %}
