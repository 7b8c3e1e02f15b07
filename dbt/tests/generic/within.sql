{#- Every value lies between two limits; a null is no value. A limit may be a column or an expression. -#}
{% test within(model, column_name, low=none, high=none) %}
select *
from {{ model }}
where false
    {% if low is not none %}or {{ quoted(column_name) }} < {{ low }}{% endif %}
    {% if high is not none %}or {{ quoted(column_name) }} > {{ high }}{% endif %}
{% endtest %}
