{#- What schema raw holds: which table an export has, and which of its columns hold whole numbers instead of text. -#}

{#- An export's table in schema raw, beside the view of all answers; without a name of its own, its rows of that view -#}
{% macro raw_table(answers, table) -%}
    {%- if table.table_name -%}
    {{ answers.incorporate(path={'identifier': table.table_name}) }}
    {%- else -%}
    {{ answers }} where wave = {{ text_literal(table.wave) }} and part = {{ table.part }}
    {%- endif -%}
{%- endmacro %}

{#- The columns of schema raw that hold whole numbers: [table, column] -#}
{% macro raw_number_columns() %}
    {{ return(adapter.dispatch('raw_number_columns')()) }}
{% endmacro %}

{% macro default__raw_number_columns() %}
    {% set found = [] %}
    {% for row in codebook_rows("select table_name, column_name from information_schema.columns where table_catalog = '" ~ target.database ~ "' and table_schema = 'raw' and data_type = 'SMALLINT' order by table_name, ordinal_position") %}
        {% do found.append([row.table_name, row.column_name]) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{% macro spark__raw_number_columns() %}
    {% set found = [] %}
    {% if execute %}
        {% for table in run_query('show tables in raw').rows | sort(attribute='1') %}
            {% for column in adapter.get_columns_in_relation(api.Relation.create(schema='raw', identifier=table[1])) if column.dtype | lower == 'smallint' %}
                {% do found.append([table[1], column.name]) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}

{#- A column of schema raw as the text that its cells hold -#}
{% macro as_text(column) -%}
    coalesce(cast({{ column }} as string), '')
{%- endmacro %}
