{% test grain(model, columns) %}
    {%- set names = [] -%}
    {%- for column in columns %}{% do names.append(quoted(column)) %}{% endfor %}
select {{ names | join(', ') }}, count(*) as row_count
from {{ model }}
group by {{ names | join(', ') }}
having count(*) > 1 or {{ names | join(' is null or ') }} is null
{% endtest %}
