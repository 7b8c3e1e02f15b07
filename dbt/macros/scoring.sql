{#- Scoring by the instrument's rule, generated from the codebook. -#}

{#- How many of a scale's items were answered, skips that count as a number among them. items: entries of codebook_items() -#}
{% macro count_answered(items) -%}
    ({%- for item in items -%}case when {{ enters_score(item) }} then 1 else 0 end{{ ' + ' if not loop.last }}{%- endfor -%})
{%- endmacro %}

{#- The sum of the answers, as they count, in units of the last decimal of any of them: whole numbers, so that it is exact.
    Answers are kept in 16 bits where they fit, which many of them together do not fit into. -#}
{% macro sum_answered(items) -%}
    {%- set units, wide = units_of_all(items), [] -%}
    {%- for item in items if answer_type(item) != 'smallint' or units > 1 %}{% do wide.append(item) %}{% endfor -%}
    (cast(0 as {{ 'bigint' if wide else 'integer' }}) + {% for item in items -%}case when {{ enters_score(item) }} then {{ in_units(item, keyed_answer(item), units) }} else 0 end{{ ' + ' if not loop.last }}{%- endfor -%})
{%- endmacro %}

{#- How many of the units in which the answers to some items are added up make one -#}
{% macro units_of_all(items) %}
    {%- set units = [1] -%}
    {%- for item in items %}{% do units.append(units_in_one(item)) %}{% endfor -%}
    {{ return(units | max) }}
{% endmacro %}

{#- A number in an item's units in smaller ones -#}
{% macro in_units(item, number, units) -%}
    {%- set factor = (units / units_in_one(item)) | int -%}
    {{ number | trim if factor == 1 else '(' ~ number | trim ~ ') * ' ~ factor }}
{%- endmacro %}

{#- A scale's score from the sum and the number of its answers: null below the minimum; person-mean proration above it.
    A sum of k items of which m are answered is (sum of the answered) * k / m; a mean is (sum of the answered) / m. Either
    may be multiplied by a factor, and then be rounded, a half upwards. items: entries of codebook_items() -#}
{% macro scale_score(scale, items, total, answered) -%}
    {%- set is_rounded, factor = scale.is_rounded, (' * ' ~ scale.factor if scale.factor else '') -%}
    case when {{ answered }} >= {{ minimum_of(scale, items) }} then
    {{- ' floor(' if is_rounded }}
    {%- if scale.conversion %}
        case {{ total }}{% for step in scale.conversion %} when {{ step.raw_sum }} then {{ step.score }}{% endfor %} end
    {%- elif scale.aggregate == 'sum' %}
        {{ total }} * {{ scale['items'] | length }} / cast({{ answered }} as double){{ factor }}
    {%- else %}
        {{ total }} / cast({{ answered }} as double){{ factor }}
    {%- endif %}
    {{- ' + 0.5)' if is_rounded }}
    end
{%- endmacro %}

{#- The number of the reason why a scale has no score: the one that all its items share, else too_few_items. items: entries
    of codebook_items() -#}
{% macro scale_reason(scale, items, answered) -%}
    {%- set numbers = [] -%}
    {%- for item in items -%}{%- do numbers.append(quoted(item.item) ~ ' - ' ~ '(' ~ reason_base(item) ~ ')') -%}{%- endfor -%}
    case
        when {{ answered }} >= {{ minimum_of(scale, items) }} then null
        when {{ answered }} = 0 and {{ all_equal(numbers) }} then {{ numbers[0] }}
        else {{ reason_number('too_few_items') }}
    end
{%- endmacro %}

{#- Whether some expressions have the same value -#}
{% macro all_equal(expressions) -%}
    {%- if expressions | length > 1 -%}
    least({{ expressions | join(', ') }}) = greatest({{ expressions | join(', ') }})
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{#- The entries of codebook_items() that a scale is made of, each keyed as it is in the scale. codes: item to its entry -#}
{% macro scale_items(scale, codes) %}
    {% set entries = [] %}
    {% for item in scale['items'] %}
        {% set keys = scale.turned_from if scale.turned_from is defined else {item: codes[item].turned_from} %}
        {% do entries.append(dict(codes[item], turned_from=keys[item])) %}
    {% endfor %}
    {{ return(entries) }}
{% endmacro %}

{#- How many of some scores are known -#}
{% macro count_known(parts) -%}
    ({%- for part in parts -%}case when {{ quoted(part) }} is not null then 1 else 0 end{{ ' + ' if not loop.last }}{%- endfor -%})
{%- endmacro %}

{#- A composite's score: the mean of the parts that the person has, or their sum prorated as a scale's; null below the
    minimum -#}
{% macro composite_score(composite, answered) -%}
    case when {{ answered }} >= {{ composite.minimum_answered }} then
        ({%- for part in composite.parts -%}coalesce({{ quoted(part) }}, 0){{ ' + ' if not loop.last }}{%- endfor -%})
        {{- ' * ' ~ (composite.parts | length) if composite.aggregate == 'sum_of_scales' }} / cast({{ answered }} as double)
    end
{%- endmacro %}

{#- Why a composite has no score: as for a scale, by its parts -#}
{% macro composite_reason(composite, answered) -%}
    {%- set numbers = [] -%}
    {%- for part in composite.parts -%}{%- do numbers.append(quoted(part ~ '__reason')) -%}{%- endfor -%}
    case
        when {{ answered }} >= {{ composite.minimum_answered }} then null
        when {{ answered }} = 0 and {{ all_equal(numbers) }} then {{ numbers[0] }}
        else {{ reason_number('too_few_items') }}
    end
{%- endmacro %}
