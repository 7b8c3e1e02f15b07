{#- An expression is true of every row. -#}
{% test holds(model, expression) %}
select *
from {{ model }}
where ({{ expression }}) is not true
{% endtest %}
