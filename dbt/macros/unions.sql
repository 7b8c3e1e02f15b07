{#- Queries under one another. A model that makes a query for each wave, item, scale or variable says it with `union_over`.

    While dbt only parses, the codebook's lists are empty and so is what is said for their entries: a model names what it
    refers to there in a comment, `depends_on`, or dbt would not see the dependency. -#}

{#- One query for each entry of a list, under one another:

        {% call(item) union_over(codebook_items(), empty={'wave': 'string', 'n': 'bigint'}) %} select ... {% endcall %}

    before, after: a query above or below them. empty: where there is no query at all, the columns of the empty result with
    their types. -#}
{% macro union_over(entries, empty={}, before=none, after=none) -%}
    {%- set queries = [] -%}
    {%- if before is not none -%}{%- do queries.append(before) -%}{%- endif -%}
    {%- for entry in entries -%}{%- do queries.append(caller(entry)) -%}{%- endfor -%}
    {%- if after is not none -%}{%- do queries.append(after) -%}{%- endif -%}
    {{ union_all(queries or [no_rows(empty)]) }}
{%- endmacro %}

{#- Queries under one another: columns by position, rows as they are -#}
{% macro union_all(queries) -%}
    {{ return(adapter.dispatch('union_all')(queries)) }}
{%- endmacro %}

{% macro default__union_all(queries) -%}
    {{ queries | map('trim') | join('\nunion all\n') }}
{%- endmacro %}

{#- No row, with these columns: name to type -#}
{% macro no_rows(columns) -%}
    select{% for name, type in columns.items() %} cast(null as {{ type }}) as {{ quoted(name) }}{{ ',' if not loop.last }}{% endfor %} where false
{%- endmacro %}
