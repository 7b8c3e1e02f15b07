{#- A row has a value or a reason for its absence: exactly one of the two. -#}
{% test value_or_reason(model, value, reason) %}
select *
from {{ model }}
where ({{ quoted(value) }} is null) = ({{ quoted(reason) }} is null)
{% endtest %}
