{#- In each wave a profile has a value or the reason for its absence: exactly one of the two. -#}
{% test known_or_reason(model) %}
select *
from {{ model }}
where false
{%- for wave in codebook_waves() %}
    or ({{ value_in(wave) }} is null) <> ({{ status_in(wave) }} < 0)
{%- endfor %}
{% endtest %}
