{% test conserves_rows(model, of, beside=none) %}
select actual.row_count, expected.row_count as expected
from (
    select (select count(*) from {{ model }}){% if beside %} + (select count(*) from {{ beside }}){% endif %} as row_count
) as actual
cross join (select count(*) as row_count from {{ of }}) as expected
where actual.row_count <> expected.row_count
{% endtest %}
