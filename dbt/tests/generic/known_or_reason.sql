{% test known_or_reason(model) %}
select *
from {{ model }}
where false
{%- for wave in codebook_waves() %}
    or ({{ value_in(wave) }} is null) <> ({{ status_in(wave) }} < 0)
{%- endfor %}
{% endtest %}
