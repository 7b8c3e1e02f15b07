{#- How a table and a view come to be: under their own name, in one transaction, with their comments in the same statement. dbt's
    own are made under another name and exchanged, so that people can go on reading the old one, and their columns are asked for
    before they are described. Nobody reads the working file while a run writes it, and in a small study each of these steps
    takes longer than the table itself. -#}

{% materialization table, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ return(made_in_place(target_relation, create_table_as(False, target_relation, compiled_code))) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ return(made_in_place(target_relation, get_create_view_as_sql(target_relation, compiled_code))) }}
{% endmaterialization %}

{#- create_sql: of the relation under its own name. What stands there already is dropped before. -#}
{% macro made_in_place(relation, create_sql) %}
    {%- set standing = load_cached_relation(relation) -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}
        {% if standing is not none %}drop {{ standing.type }} {{ standing }};{% endif %}
        {{ create_sql }}
        ;
        {% if has_contract %}{{ comments(relation) }}{% endif %}
    {% endcall %}
    {#- Without a contract, described columns may not be there: which are, is asked of this relation alone (dbt's own question
        goes through the columns of all, and so through the SQL of every view). -#}
    {% if not has_contract %}
        {%- set columns = run_query('describe ' ~ relation).columns[0].values() if model.columns and describes_columns(relation) else [] -%}
        {% call statement('comments') %}{{ comments(relation, columns) }}{% endcall %}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}

{#- Whether the columns of a relation can be described: in a DuckLake those of views cannot -#}
{% macro describes_columns(relation) %}
    {{ return(not (relation.type == 'view' and adapter.is_ducklake(relation))) }}
{% endmacro %}

{#- Executes what stands in the call. dbt's own also writes the SQL of every model and test to a file, which takes longer than
    what a small study executes; as compiled it stands in the target folder anyway. -#}
{% macro statement(name=none, fetch_result=false, auto_begin=true, language='sql') -%}
    {%- if execute -%}
        {%- set response, rows = adapter.execute(caller(), auto_begin=auto_begin, fetch=fetch_result) -%}
        {%- if name is not none -%}{{ store_result(name, response=response, agate_table=rows) }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The descriptions of a model and of its columns, or of those that are there. columns: their names, all by default -#}
{% macro comments(relation, columns=none) %}
    comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
    {% for name, column in model.columns.items() if describes_columns(relation) and (columns is none or name in columns) %}
    comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ duckdb_escape_comment(column.description) }};
    {% endfor %}
{% endmacro %}
