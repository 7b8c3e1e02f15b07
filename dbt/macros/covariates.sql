{#- The moments that an adjustment for covariates needs: of the people of each group with every covariate, and both scores of a
    contrast or a score in any wave. -#}

{#- The terms of the models of change: a person's change and scores, then the covariates -#}
{% macro adjustment_terms() %}
    {% set terms = [] %}
    {% for name in ['change', 'baseline', 'followup'] %}{% do terms.append({'term': name, 'column': name}) %}{% endfor %}
    {{ return(terms + covariate_terms()) }}
{% endmacro %}

{#- The terms of the models of all waves: a person's score in each wave, by the wave's name, then the covariates -#}
{% macro repeated_terms() %}
    {% set terms = [] %}
    {% for wave in codebook_waves() %}{% do terms.append({'term': wave, 'column': value_in(wave)}) %}{% endfor %}
    {{ return(terms + covariate_terms()) }}
{% endmacro %}

{#- The terms of covariates, and where a covariate that is not known has its mean, whether that is so of any: each with its name, its column in the rows of people, and of a covariate with a number the column of
    its origin and of its unit in `ranges` -#}
{% macro covariate_terms() %}
    {% set terms = [] %}
    {% for covariate in codebook_covariates() %}
        {% set column = 'covariate_' ~ loop.index %}
        {% do terms.append(dict(covariate, column=column)) %}
        {% if covariate.category is none %}{% do terms[-1].update({'low': column ~ '_low', 'unit': column ~ '_unit'}) %}{% endif %}
        {% if covariate.if_missing == 'mean' %}{% do terms[-1].update({'mean': column ~ '_mean'}) %}{% endif %}
    {% endfor %}
    {% if imputes_covariates() %}{% do terms.append({'term': 'imputed', 'column': 'covariate_imputed', 'variable': 'imputed', 'imputed': true}) %}{% endif %}
    {{ return(terms) }}
{% endmacro %}

{#- Where the numbers among the covariates begin, and a unit of their size: a power of two, so that dividing by it changes no
    digit. exact_sum is exact to 2^-53 of one; a number of any size is added as exactly as a score that way. -#}
{% macro ranges_of_covariates(terms) -%}
{%- set means = terms | selectattr('mean') | list -%}
{%- if means %}
    with origins as (
        {{ origins_of_covariates(terms) }}
    )

    select
        max(origins.people) as people
        {%- for term in terms if term.unit %},
        max(origins.{{ term.low }}) as {{ term.low }},
        max(origins.{{ term.unit }}) as {{ term.unit }}
        {%- endfor %}
        {%- for term in means %},
        {%- set fact = 'roster.' ~ quoted(term.variable) %}
        {{ exact_sum('case when ' ~ fact ~ ' is null then 0.0 else ' ~ known_value(term, fact, 'origins.') ~ ' end') }} / nullif(count({{ fact }}), 0) as {{ term.mean }}
        {%- endfor %}
    from {{ ref('participants') }} as roster
    cross join origins
{%- else %}
    {{ origins_of_covariates(terms) }}
{%- endif %}
{%- endmacro %}

{% macro origins_of_covariates(terms) -%}
    select
        count(*) as people
        {%- for term in terms if term.unit %},
        {%- set number = quoted(term.variable) %}
        coalesce(min({{ number }}), 0.0) as {{ term.low }},
        case when max({{ number }}) > min({{ number }}) then power(2.0, floor(ln(max({{ number }}) - min({{ number }})) / ln(2.0))) else 1.0 end as {{ term.unit }}
        {%- endfor %}
    from {{ ref('participants') }}
{%- endmacro %}

{#- A covariate's column as a model takes it: a number from its origin in its unit, 1 in the category, else 0; its mean over the
    roster where it is not known and that is declared -#}
{% macro covariate_value(term) -%}
    {%- set fact = 'people.' ~ quoted(term.variable) -%}
    {%- if term.imputed -%}
    case when {{ has_all_facts(covariate_variables(), 'people.') }} then 0.0 else 1.0 end
    {%- elif term.mean -%}
    case when {{ fact }} is null then coalesce(ranges.{{ term.mean }}, 0.0) else {{ known_value(term, fact, 'ranges.') }} end
    {%- else -%}
    {{ known_value(term, fact, 'ranges.') }}
    {%- endif -%}
{%- endmacro %}

{#- The same of a fact that is known. ranges: where the origin and the unit are, with a point -#}
{% macro known_value(term, fact, ranges) -%}
    {%- if term.unit -%}
    (cast({{ fact }} as double) - {{ ranges }}{{ term.low }}) / {{ ranges }}{{ term.unit }}
    {%- else -%}
    case when {{ fact }} = {{ text_literal(term.category) }} then 1.0 else 0.0 end
    {%- endif -%}
{%- endmacro %}

{#- The columns of a person in a model of change: the change, both scores, and the covariates -#}
{% macro change_and_covariates(terms) -%}
        counted.value as change,
        counted.value_baseline as baseline,
        counted.value_followup as followup
        {%- for term in terms if term.variable %},
        {{ covariate_value(term) }} as {{ term.column }}
        {%- endfor %}
{%- endmacro %}

{#- The moments of each scale's pairs and of the covariates in each contrast and group -#}
{% macro moments_with_covariates(terms) -%}
{%- set people %}
    select
        counted.people_group,
        counted.moment as contrast,
        counted.measure as scale,
        {{ change_and_covariates(terms) }}
    from {{ ref('counted_people') }} as counted
    inner join {{ ref('participants') }} as people on counted.participant_id = people.participant_id
    cross join ranges
    where counted.people = {{ "'both_covariates'" if needed_covariates() else "'both' and counted.kind = 'scale'" }} and counted.is_counted and counted.people_group is not null
{%- endset -%}
{{ moments_of_terms(terms, ['people_group', 'contrast', 'scale'], people) }}
{%- endmacro %}

{#- The moments of each scale's pairs and of the covariates in each contrast, group and category of the variables whose categories
    are subgroups -#}
{% macro moments_of_subgroups_with_covariates(terms) -%}
{%- set people %}
    select
        counted.people_group,
        facts.variable,
        facts.category,
        contrasts.contrast,
        counted.measure as scale,
        {{ change_and_covariates(terms) }}
    from {{ ref('counted_people') }} as counted
    cross join {{ source('codebook', 'contrasts') }} as contrasts
    inner join {{ ref('participant_values') }} as facts
        on counted.participant_id = facts.participant_id and counted.moment = contrasts.contrast || '/' || facts.variable
    inner join {{ ref('participants') }} as people on counted.participant_id = people.participant_id
    cross join ranges
    where counted.people = {{ "'both_subgroup_covariates'" if needed_covariates() else "'both_subgroup'" }} and counted.is_counted and counted.people_group is not null
{%- endset -%}
{{ moments_of_terms(terms, ['people_group', 'variable', 'category', 'contrast', 'scale'], people) }}
{%- endmacro %}

{#- The moments of each scale's scores over the waves and of the covariates, of the people of a group who have a score in the same
    waves -#}
{% macro moments_of_patterns_with_covariates(terms) -%}
{%- set people %}
    select
        profiles.people_group,
        profiles.measure as scale,
        {{ waves_with_a_score('profiles.') }} as pattern
        {%- for term in terms %},
        {{ covariate_value(term) if term.variable else 'profiles.' ~ term.column }} as {{ term.column }}
        {%- endfor %}
    from {{ ref('person_profiles') }} as profiles
    inner join {{ ref('participants') }} as people on profiles.participant_id = people.participant_id
    cross join ranges
    where
        profiles.kind = 'scale' and profiles.people_group is not null
        and {{ has_any_score('profiles.') }} and {{ has_all_facts(needed_covariates(), 'people.') }}
{%- endset -%}
{{ moments_of_terms(terms, ['people_group', 'scale', 'pattern'], people) }}
{%- endmacro %}

{#- For each value of the keys n, and for each pair of terms that these people have both means and the sum of products of deviations
    from them. people: a query with a row a person, columns the keys and the terms'; types: of keys that are no text; pairs_of: which
    pairs there are rows of, by n and pair.term. -#}
{% macro moments_of_terms(terms, keys, people, types={}, pairs_of='true') -%}
{%- set pairs = [] -%}
{%- for term in terms -%}
{%- for other_term in terms[loop.index0:] %}{% do pairs.append([term, other_term]) %}{% endfor -%}
{%- endfor -%}
with ranges as (
    {{ ranges_of_covariates(terms) }}
),

people as (
    {{- people }}
),

means as (
    select
        {{ keys | join(', ') }},
        count(*) as n
        {%- for term in terms %},
        {{ exact_sum(term.column) }} / count(*) as {{ term.column }}
        {%- endfor %}
    from people
    group by {{ keys | join(', ') }}
),

away as (
    select
        {%- for key in keys %}
        people.{{ key }},
        {%- endfor %}
        {%- for term in terms %}
        people.{{ term.column }} - means.{{ term.column }} as {{ term.column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from people
    inner join means on {{ same_keys('people', 'means', keys) }}
),

products as (
    select
        {{ keys | join(', ') }}
        {%- for term, other_term in pairs %},
        {{ exact_sum(term.column ~ ' * ' ~ other_term.column) }} as {{ quoted('product_' ~ loop.index) }}
        {%- endfor %}
    from away
    group by {{ keys | join(', ') }}
),

named as (
    select
        {%- for key in keys %}
        means.{{ key }},
        {%- endfor %}
        means.n,
        {%- set entries = [] %}
        {%- for term, other_term in pairs %}
        {%- do entries.append({
            'term': text_literal(term.term),
            'other_term': text_literal(other_term.term),
            'mean': mean_of_term(term),
            'other_mean': mean_of_term(other_term),
            'total': in_own_units('products.' ~ quoted('product_' ~ loop.index), [term, other_term]),
        }) %}
        {%- endfor %}
        {{ one_row_each(entries) }} as pair
    from means
    inner join products on {{ same_keys('means', 'products', keys) }}
    cross join ranges
)

select
    {%- for key in keys %}
    cast({{ key }} as {{ types.get(key, 'string') }}) as {{ key }},
    {%- endfor %}
    cast(pair.term as string) as term,
    cast(pair.other_term as string) as other_term,
    cast(n as bigint) as n,
    cast(pair.mean as double) as mean,
    cast(pair.other_mean as double) as other_mean,
    cast(pair.total as double) as cross_products
from named
where pair.total is not null{{ ' and (' ~ pairs_of ~ ')' if pairs_of != 'true' }}
{%- endmacro %}

{#- The mean of a term as it was before it had an origin and a unit -#}
{% macro mean_of_term(term) -%}
    {{ 'ranges.' ~ term.low ~ ' + ' if term.unit }}{{ in_own_units('means.' ~ term.column, [term]) }}
{%- endmacro %}

{#- An expression times the unit of each term that has one -#}
{% macro in_own_units(expression, terms) -%}
    {{ expression }}{% for term in terms if term.unit %} * ranges.{{ term.unit }}{% endfor %}
{%- endmacro %}
