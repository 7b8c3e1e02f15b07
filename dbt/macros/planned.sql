{#- For whom waves and blocks are planned. The condition is said here only, for marts.planned_waves, and whoever wants to know
    reads that, or what comes of it: the reason not_planned of an answer, of a score, of a wave (return_states). The same
    rule for whoever looks at files before a run is study/planned.py; a test runs both. -#}

{#- Whether a condition (an entry of codebook_conditions) holds for a person; null where that is unknown -#}
{% macro condition_holds(condition) -%}
    {%- for variable in condition.variables -%}
    {{ quoted(variable.variable) }} in ({% for category in variable.categories %}{{ text_literal(category) }}{{ ', ' if not loop.last }}{% endfor %}){{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The columns of planned_waves: whether a wave, or a block in it, is planned for the person, and whether that is unknown -#}
{% macro planned_column(wave, block=none) -%}
    {{ quoted('planned_' ~ wave ~ ('__' ~ block if block else '')) }}
{%- endmacro %}

{% macro unknown_column(wave, block=none) -%}
    {{ quoted('unknown_' ~ wave ~ ('__' ~ block if block else '')) }}
{%- endmacro %}

{#- The waves that are not planned for everybody: those with a condition of their own, and those of which every block has one -#}
{% macro waves_for_some() %}
    {% set waves = [] %}
    {% for condition in codebook_conditions() if not condition.block or condition.is_of_every_block %}{% do waves.append(condition.wave) %}{% endfor %}
    {{ return(waves | unique | list) }}
{% endmacro %}

{#- Whether a row holds an answer, a refusal or a text that could not be read, of some items: an entry of codebook_items each -#}
{% macro holds_anything(items, relation='') -%}
    ({%- for item in items %}{{ relation }}{{ quoted(item.item) }} >= {{ reason_code(item, 'invalid') }}{{ ' or ' if not loop.last }}{%- else %}false{%- endfor %})
{%- endmacro %}

{#- An item's code where its wave or its block is not planned for the person: the reason not_planned in place of silence, and
    of answers that are set aside. `has_answers_<wave>__<block>` says whether the block holds anything. -#}
{% macro planned_code(item, conditions) -%}
    {%- set cases = [] -%}
    {%- for condition in conditions if not condition.block and condition.unplanned_answers == 'set_aside' -%}
        {%- do cases.append('when sheets.wave = ' ~ text_literal(condition.wave) ~ ' and not planned.' ~ planned_column(condition.wave)) -%}
    {%- endfor -%}
    {%- for condition in conditions if condition.block == item.instrument -%}
        {%- set has_answers = ' and not sheets.' ~ quoted('has_answers_' ~ condition.wave ~ '__' ~ condition.block) if condition.unplanned_answers != 'set_aside' else '' -%}
        {%- do cases.append('when sheets.wave = ' ~ text_literal(condition.wave) ~ ' and not planned.' ~ planned_column(condition.wave, condition.block) ~ has_answers) -%}
    {%- endfor -%}
    {%- if cases -%}
    case {% for when in cases %}{{ when }} then {{ reason_code(item, 'not_planned') }} {% endfor %}else sheets.{{ quoted(item.item) }} end
    {%- else -%}
    sheets.{{ quoted(item.item) }}
    {%- endif -%}
{%- endmacro %}

{#- The conditions of blocks: of a block in any wave, of all blocks without one -#}
{% macro block_conditions(block=none) %}
    {% set conditions = [] %}
    {% for condition in codebook_conditions() if condition.block and (not block or condition.block == block) %}{% do conditions.append(condition) %}{% endfor %}
    {{ return(conditions) }}
{% endmacro %}

{#- What a query of a person's rows, `relation`, is joined with so that it can ask for whom blocks are planned -#}
{% macro with_planned_blocks(relation) -%}
    {%- if block_conditions() -%}
    inner join {{ ref('planned_waves') }} as planned on {{ relation }}.participant_id = planned.participant_id
    {%- endif -%}
{%- endmacro %}

{#- Why somebody has no answer to a block in a wave that the person did not return: the reason of the wave, or that the block
    was not planned for the person in the first place. returns: a relation of marts.returns; block: an expression. -#}
{% macro absence_reason(block) -%}
    {%- if block_conditions() -%}
    case
        {%- for condition in block_conditions() %}
        when not returns.is_returned and returns.wave = {{ text_literal(condition.wave) }} and {{ block }} = {{ text_literal(condition.block) }} and not planned.{{ planned_column(condition.wave, condition.block) }} then 'not_planned'
        {%- endfor %}
        else returns.missing_reason
    end
    {%- else -%}
    returns.missing_reason
    {%- endif -%}
{%- endmacro %}

{#- Whether a wave is one of those that a person's state (state_in) is about: it was planned for the person -#}
{% macro was_planned(state) -%}
    {{ state }} <> {{ reason_number('not_planned') }}
{%- endmacro %}

{#- The scales and composites that a wave does not ask: for them it is neither planned nor not -#}
{% macro scales_not_asked(wave) %}
    {%- set absent = codebook_unasked() | selectattr('wave', 'equalto', wave) | selectattr('status', 'equalto', 'not_in_wave') | map(attribute='item') | list -%}
    {%- set scales = [] -%}
    {%- for scale in codebook_scales() if not scale['items'] | reject('in', absent) | list -%}{%- do scales.append(scale.scale) -%}{%- endfor -%}
    {%- for composite in codebook_composites() if not composite.parts | reject('in', scales) | list -%}{%- do scales.append(composite.scale) -%}{%- endfor -%}
    {{ return(scales) }}
{% endmacro %}

{#- Whether a row of profiles is of a scale that the wave asks -#}
{% macro asks_scale(wave) -%}
    {%- set absent = scales_not_asked(wave) -%}
    {%- if absent -%}
    measure not in ({% for scale in absent %}{{ text_literal(scale) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{#- Whether a scale was not planned for people in a wave that asks it -#}
{% macro is_unplanned(wave) -%}
    ({{ asks_scale(wave) }} and not ({{ was_planned(status_in(wave)) }}))
{%- endmacro %}
