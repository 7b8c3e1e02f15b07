{#- Strata of norm samples: which part of a norm's people somebody is compared with, by what the roster says of them, and the
    norm scores that follow. -#}

{#- Each norm sample with strata: sample and strata (list of {stratum, conditions}); a condition has variable and either
    categories or low and ends_before (null: no end), number_at (as_listed, answered_on, month), days_per_unit and
    months_per_unit -#}
{% macro codebook_norm_samples() %}
    {% set query %}
        select
            sample,
            stratum,
            variable,
            category,
            cast(low as string) as low,
            cast(ends_before as string) as ends_before,
            number_at,
            cast(days_per_unit as string) as days_per_unit,
            cast(months_per_unit as string) as months_per_unit
        from {{ source('codebook', 'norm_strata') }}
        order by sample, stratum_order, variable, category
    {% endset %}
    {% set samples = [] %}
    {% for row in codebook_rows(query) %}
        {% if not samples or samples[-1].sample != row.sample %}{% do samples.append({'sample': row.sample, 'strata': []}) %}{% endif %}
        {% set strata = samples[-1].strata %}
        {% if not strata or strata[-1].stratum != row.stratum %}{% do strata.append({'stratum': row.stratum, 'conditions': []}) %}{% endif %}
        {% set conditions = strata[-1].conditions %}
        {% if not conditions or conditions[-1].variable != row.variable %}
            {% do conditions.append({
                'variable': row.variable, 'categories': [], 'low': row.low, 'ends_before': row.ends_before,
                'number_at': row.number_at, 'days_per_unit': row.days_per_unit, 'months_per_unit': row.months_per_unit,
            }) %}
        {% endif %}
        {% if row.category is not none %}{% do conditions[-1].categories.append(row.category) %}{% endif %}
    {% endfor %}
    {{ return(samples) }}
{% endmacro %}

{#- The scales whose scores are compared with a norm, person by person -#}
{% macro codebook_scales_with_norms() %}
    {% set query %}
        select distinct scale
        from {{ source('codebook', 'person_norms') }}
        where is_reported
        order by scale
    {% endset %}
    {{ return(codebook_rows(query) | map(attribute='scale') | list) }}
{% endmacro %}

{#- The number of a condition in a wave. people, waves and days are in reach -#}
{% macro number_in_wave(condition) -%}
    {%- set listed = 'people.' ~ quoted(condition.variable) -%}
    {%- if condition.number_at == 'answered_on' -%}
    {{ rounded(listed ~ ' + case when waves.wave_order = 1 then 0 else days.days_from_baseline end / ' ~ condition.days_per_unit, 9) }}
    {%- elif condition.number_at == 'month' -%}
    {{ rounded(listed ~ ' + waves.months_from_first / ' ~ condition.months_per_unit, 9) }}
    {%- else -%}
    {{ rounded(listed, 9) }}
    {%- endif -%}
{%- endmacro %}

{#- Whether somebody is in a stratum; null where it is not known -#}
{% macro is_in_stratum(stratum) -%}
    {%- for condition in stratum.conditions -%}
    {%- if condition.categories -%}
    people.{{ quoted(condition.variable) }} in ({% for category in condition.categories %}{{ text_literal(category) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
    {%- set number = number_in_wave(condition) -%}
    {{ number }} is not null
    {%- if condition.low is not none %} and {{ number }} >= {{ condition.low }}{% endif -%}
    {%- if condition.ends_before is not none %} and {{ number }} < {{ condition.ends_before }}{% endif -%}
    {%- endif -%}
    {{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Why it is not known in which stratum somebody is, in one text; null where it is -#}
{% macro unknown_stratum(conditions) -%}
    nullif(concat_ws(', '
    {%- for condition in conditions %},
        {{ text_literal(condition.variable ~ ': ') }} || coalesce(
            people.{{ quoted(condition.variable ~ '__missing') }}
            {%- if condition.number_at == 'answered_on' %},
            case when waves.wave_order > 1 and days.days_from_baseline is null then coalesce(days.missing_reason, 'wave_not_returned') end
            {%- endif %}
        )
    {%- endfor %}), '')
{%- endmacro %}

{#- Scores with their norms. relation: columns scale, sample, stratum and score, each row with one; all its columns come
    through, with z, t_score and percentile, null where there is none. -#}
{% macro with_norm_scores(relation) -%}
    select
        compared.*,
        50 + 10 * compared.z as t_score,
        case
            when compared.percentiles = 'normal' then 100 * {{ normal_share('compared.z') }}
            when steps.percentile_high = steps.percentile_low then steps.percentile_low
            else steps.percentile_low + (steps.percentile_high - steps.percentile_low) * (compared.score - steps.low) / (steps.high - steps.low)
        end as percentile
    from (
        select
            scored.*,
            norms.percentiles,
            (scored.score - norms.mean) / norms.sd as z
        from {{ relation }} as scored
        left join {{ source('codebook', 'person_norms') }} as norms
            on scored.scale = norms.scale and scored.sample = norms.sample and scored.stratum = norms.stratum
    ) as compared
    left join {{ source('codebook', 'norm_percentiles') }} as steps
        on compared.scale = steps.scale
        and compared.sample = steps.sample
        and compared.stratum = steps.stratum
        and case
            when steps.is_open then compared.score > steps.low and compared.score < steps.high
            else compared.score >= steps.low and compared.score <= steps.high
        end
{%- endmacro %}

{#- The share of a standard normal distribution below z: Hart's rational approximation, to some fifteen digits -#}
{% macro normal_share(z) -%}
    {{ return(adapter.dispatch('normal_share')(z)) }}
{%- endmacro %}

{% macro default__normal_share(z) -%}
    {%- set size = 'abs(' ~ z ~ ')' -%}
    {%- set above = [0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376] -%}
    {%- set below = [0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752] -%}
    (
        case
            when {{ z }} is null then null
            when {{ z }} > 0 then 1
            else 0
        end
        + case when {{ z }} > 0 then -1 else 1 end
        * case
            when {{ size }} > 37 then 0
            when {{ size }} < 7.07106781186547 then exp(-{{ z }} * {{ z }} / 2) * {{ polynomial(size, above) }} / {{ polynomial(size, below) }}
            else exp(-{{ z }} * {{ z }} / 2) / ({{ size }} + 1 / ({{ size }} + 2 / ({{ size }} + 3 / ({{ size }} + 4 / ({{ size }} + 0.65))))) / 2.506628274631000502
        end
    )
{%- endmacro %}

{#- A polynomial by Horner's rule, the highest power first. Coefficients are written as floating-point numbers -#}
{% macro polynomial(x, coefficients) -%}
    {%- for coefficient in coefficients[1:] -%}({%- endfor -%}
    cast({{ coefficients[0] }} as double)
    {%- for coefficient in coefficients[1:] %} * {{ x }} + cast({{ coefficient }} as double)){% endfor -%}
{%- endmacro %}
