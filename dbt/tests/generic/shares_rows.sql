{#- The model and another table together have as many rows as a third: everybody stands in exactly one of the two. -#}
{% test shares_rows(model, with_table, of) %}
select *
from (
    select
        (select count(*) from {{ model }}) + (select count(*) from {{ with_table }}) as row_count,
        (select count(*) from {{ of }}) as expected
) as counts
where row_count <> expected
{% endtest %}
