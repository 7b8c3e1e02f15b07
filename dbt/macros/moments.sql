{#- Sums that do not depend on the order of rows: doubles are added as decimals, exactly. Added as doubles in any order, the last
    digit would change from run to run, and with it the release; put in order first, a million people would have to be sorted. -#}

{#- The sum of some doubles, to eighteen decimals; more than 1e20 is refused by the database -#}
{% macro exact_sum(expression) -%}
    sum(({{ expression }})::decimal(38, 18))::double
{%- endmacro %}

{#- Sample variance or covariance from a sum of products of deviations; null below two people -#}
{% macro sample_moment(products, n) -%}
    {{ products }} / nullif({{ n }} - 1, 0)
{%- endmacro %}
