{#- How many people have which values over the waves: all that inference needs to know of the people, as whole numbers. Where
    values hardly repeat it is one row a person. -#}
{%- set waves = codebook_waves() %}
{%- set columns = ['measure', 'kind', 'people_group'] %}
{%- for wave in waves %}{% do columns.extend([value_in(wave), status_in(wave), state_in(wave)]) %}{% endfor %}

select
    {{ columns | join(',\n    ') }},
    cast(count(*) as bigint) as n
from {{ ref('person_profiles') }}
group by {{ columns | join(', ') }}
