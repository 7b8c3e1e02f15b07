{#- Drops what no model makes any more: tables and views that an earlier version of the models left in the working file,
    which a release would take along. -#}
{% macro drop_strangers() %}
    {{ drop_outgrown() }}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set known = [] %}
        {% for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') %}
            {% do known.append([node.schema, node.name]) %}
        {% endfor %}
        {% for relation in standing_relations() if [relation.schema, relation.identifier] not in known %}
            {% call statement('drop_stranger', auto_begin=True) %}drop {{ relation.type }} {{ relation }}{% endcall %}
            {% do adapter.commit() %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- The tables and views that stand where models are made -#}
{% macro standing_relations() %}
    {{ return(adapter.dispatch('standing_relations')(['staging', 'intermediate', 'marts'])) }}
{% endmacro %}

{% macro default__standing_relations(schemas) %}
    {% set relations = [] %}
    {% for row in run_query("select table_schema, table_name, table_type from information_schema.tables where table_catalog = '" ~ target.database ~ "' and table_schema in ('" ~ schemas | join("', '") ~ "') order by table_schema, table_name").rows %}
        {% do relations.append(api.Relation.create(database=target.database, schema=row[0], identifier=row[1], type='view' if row[2] == 'VIEW' else 'table')) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}

{% macro spark__standing_relations(schemas) %}
    {% set relations = [] %}
    {% for row in run_query('show schemas').rows if row[0] in schemas %}
        {% set views = run_query('show views in ' ~ row[0]).columns[1].values() | list %}
        {% for table in run_query('show tables in ' ~ row[0]).rows %}
            {% do relations.append(api.Relation.create(schema=row[0], identifier=table[1], type='view' if table[1] in views else 'table')) %}
        {% endfor %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}

{#- Drops tables that keep waves and have other columns than the codebook now asks for: an item, a scale or a part of
    a wave came or went, or an item's answers have become larger or smaller than its column holds. They are made anew; rows of
    a table that is altered while it is written to would be lost by the database. -#}
{% macro drop_outgrown() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set stamped = ['participant_id', 'wave', 'content_stamp'] %}
        {% set codes = stamped + ['is_blank', 'answered_on', 'seconds_taken'] %}
        {% for part in [1] + later_parts(codebook_parts()) %}
            {% do codes.extend([of_part('source_file', part)[1:-1], of_part('source_row', part)[1:-1]]) %}
        {% endfor %}
        {% for item in codebook_items() %}{% do codes.append(item.item) %}{% endfor %}
        {% set scores = stamped + [] %}
        {% for scale in codebook_scales() + codebook_composites() %}
            {% do scores.extend([scale.scale, scale.scale ~ '__answered', scale.scale ~ '__reason']) %}
        {% endfor %}
        {% set wanted = {'answer_codes': codes, 'scores': scores} %}
        {% set types = {'code_counts': {'code': 'bigint'}, 'answer_codes': {}} %}
        {% for item in codebook_items() %}{% do types['answer_codes'].update({item.item: answer_type(item)}) %}{% endfor %}
        {% for name in ('answer_codes', 'scores', 'code_counts', 'item_moments') %}
            {% set standing = adapter.get_relation(database=target.database, schema='marts', identifier=name) %}
            {% if standing is not none %}
                {% set columns, retyped = [], [] %}
                {% for column in adapter.get_columns_in_relation(standing) %}
                    {% do columns.append(column.name) %}
                    {% set type = types.get(name, {}).get(column.name) %}
                    {% if type and type != column.dtype | lower %}{% do retyped.append(column.name) %}{% endif %}
                {% endfor %}
                {% if 'content_stamp' not in columns or retyped or (name in wanted and columns | sort != wanted[name] | sort) %}
                    {#- In a transaction of its own: what a hook leaves open is taken back. #}
                    {% call statement('before_drop', auto_begin=True) %}select 1{% endcall %}
                    {% do adapter.drop_relation(standing) %}
                    {% do adapter.commit() %}
                {% endif %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
