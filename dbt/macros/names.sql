{#- Schemas are named as the design names them, without the target's prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{#- A name or a text quoted for SQL: column names and cell texts come from study files and are data. -#}
{% macro quoted(name) -%}
    {{ return(adapter.dispatch('quoted')(name)) }}
{%- endmacro %}

{% macro default__quoted(name) -%}
    "{{ name | replace('"', '""') }}"
{%- endmacro %}

{% macro spark__quoted(name) -%}
    `{{ name | replace('`', '``') }}`
{%- endmacro %}

{% macro text_literal(text) -%}
    {{ return(adapter.dispatch('text_literal')(text)) }}
{%- endmacro %}

{% macro default__text_literal(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}

{#- In Spark's literals a backslash escapes what follows it -#}
{% macro spark__text_literal(text) -%}
    '{{ text | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
