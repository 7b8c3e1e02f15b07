{#- Every combination of values stands in another table. -#}
{% test refers_to(model, columns, to, to_columns=none) %}
select referring.*
from {{ model }} as referring
where not exists (
    select 1
    from {{ to }} as known
    where {% for column in columns -%}
        known.{{ quoted((to_columns or columns)[loop.index0]) }} = referring.{{ quoted(column) }}{{ ' and ' if not loop.last }}
    {%- endfor %}
)
{% endtest %}
