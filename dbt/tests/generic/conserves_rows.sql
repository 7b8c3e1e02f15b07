{#- The model has as many rows as the product of other tables' rows: nobody is lost, nobody is doubled. -#}
{% test conserves_rows(model, of) %}
select found.row_count, expected.row_count as expected
from (select count(*) as row_count from {{ model }}) as found
cross join (
    select {% for table in of %}(select count(*) from {{ table }}){{ ' * ' if not loop.last }}{% endfor %} as row_count
) as expected
where found.row_count <> expected.row_count
{% endtest %}
