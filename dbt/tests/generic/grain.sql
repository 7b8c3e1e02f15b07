{% test grain(model, columns, nullable=[]) %}
    {%- set names = [] -%}
    {%- set required = [] -%}
    {%- for column in columns %}{% do names.append(quoted(column)) %}{% endfor %}
    {%- for column in columns if column not in nullable %}{% do required.append(quoted(column)) %}{% endfor %}
select {{ names | join(', ') }}, count(*) as row_count
from {{ model }}
group by {{ names | join(', ') }}
having count(*) > 1 or {{ required | join(' is null or ') }} is null
{% endtest %}
