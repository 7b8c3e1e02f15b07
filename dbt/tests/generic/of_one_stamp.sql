{% test of_one_stamp(model) %}
select distinct kept.wave, kept.content_stamp
from {{ model }} as kept
left join {{ ref('wave_stamps') }} as stamps on kept.wave = stamps.wave and kept.content_stamp = stamps.content_stamp
where stamps.wave is null
{% endtest %}
