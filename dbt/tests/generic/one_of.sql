{#- Every value is one of the listed ones; a null is no value. -#}
{% test one_of(model, column_name, values) %}
select *
from {{ model }}
where {{ quoted(column_name) }} not in ({% for value in values %}{{ text_literal(value) }}{{ ', ' if not loop.last }}{% endfor %})
{% endtest %}
