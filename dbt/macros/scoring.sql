{#- Scoring by the instrument's rule, generated from the codebook. -#}

{#- How many of some columns are not null -#}
{% macro count_answered(columns) -%}
    ({%- for column in columns -%}({{ quoted(column) }} is not null)::int{{ ' + ' if not loop.last }}{%- endfor -%})
{%- endmacro %}

{#- The sum of the columns that are not null -#}
{% macro sum_answered(columns) -%}
    ({%- for column in columns -%}coalesce({{ quoted(column) }}, 0){{ ' + ' if not loop.last }}{%- endfor -%})
{%- endmacro %}

{#- A scale's score from keyed items: null below the minimum; person-mean proration above it.
    A sum of k items of which m are answered is (sum of the answered) * k / m; a mean is (sum of the answered) / m. -#}
{% macro scale_score(scale) -%}
    {%- set answered = quoted(scale.scale ~ '__answered') -%}
    {%- set total = sum_answered(scale['items']) -%}
    case when {{ answered }} >= {{ scale.minimum_answered }} then
    {%- if scale.conversion %}
        case {{ total }}{% for step in scale.conversion %} when {{ step.raw_sum }} then {{ step.score }}{% endfor %} end
    {%- elif scale.aggregate == 'sum' %}
        {{ total }} * {{ scale['items'] | length }} / {{ answered }}::double
    {%- else %}
        {{ total }} / {{ answered }}::double
    {%- endif %}
    end::double
{%- endmacro %}

{#- Why a scale has no score: the reason that all its items share, else too_few_items -#}
{% macro scale_missing_reason(scale) -%}
    {%- set reasons = scale['items'] -%}
    case
        when {{ quoted(scale.scale ~ '__answered') }} >= {{ scale.minimum_answered }} then null
        when {{ quoted(scale.scale ~ '__answered') }} = 0
            and least({% for item in reasons %}{{ quoted(item ~ '__missing') }}{{ ', ' if not loop.last }}{% endfor %})
            = greatest({% for item in reasons %}{{ quoted(item ~ '__missing') }}{{ ', ' if not loop.last }}{% endfor %})
            then {{ quoted(reasons[0] ~ '__missing') }}
        else 'too_few_items'
    end
{%- endmacro %}
