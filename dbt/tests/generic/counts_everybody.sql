{% test counts_everybody(model, of) %}
select measure, sum(n) as counted
from {{ model }}
group by measure
having sum(n) <> (select count(*) from {{ of }})
{% endtest %}
