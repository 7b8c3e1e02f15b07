-- From a result to the people, scores, answers and cells of exports behind it. In every released file:
--
--     from trace('change/wellbeing/T1-T2/p');
--     select * from trace('change/wellbeing/T1-T2/p') where part = 'answer' and is_counted;
--
-- One row is the result, another result it is made of, a scale with its rule, a person of the roster (counted or left out, and
-- why), a return, a score, or an answer. Nothing is precomputed. Of an attached file: `use` it first.
--
-- `trace_of` has the rows of one person alone, by pseudonym: with many people in a fraction of the time.
-- `traced_rows` has the rows of a trace in no order and without the names of files: for counting and filtering.
-- An id names its analysis and outcome: what `scales_of` and `items_of` (trace.py) say of the outcome is constant, so that views
-- over wide tables read the columns of these scales and items alone. `inputs_of` and `relation_of` say of a statistic which other
-- results it is made of (statistics_registry.py).
-- A result of a variant has its code as category: people, scores and keys are those of the variant. What is said of rules of who
-- counts (codebook.estimands) is the registry's.
create or replace macro traced_rows_of(traced_id, of_person) as table
with one as (
    from traced_result(traced_id)
),

span as (
    from traced_span(traced_id)
),

-- Read once: the views have a part for each item of the study. What is read once is read of everybody, unless it says of whom.
cells as materialized (
    select answers.participant_id, answers.wave, answers.item, answers.answer, null as missing_reason, answers.source_file, answers.source_row
    from marts.answers as answers
    where (
            list_contains(items_of(traced_outcome(traced_id)), answers.item)
            or list_contains(gates_of(traced_outcome(traced_id)), answers.item)
        )
        and (of_person is null or answers.participant_id = of_person)
    union all
    select absent.participant_id, absent.wave, absent.item, null, absent.missing_reason, absent.source_file, absent.source_row
    from marts.missing_answers as absent
    where (
            list_contains(items_of(traced_outcome(traced_id)), absent.item)
            or list_contains(gates_of(traced_outcome(traced_id)), absent.item)
        )
        and (of_person is null or absent.participant_id = of_person)
),

people as (
    from traced_people(
        traced_id, (select people from traced_rule(traced_id)), (select moment from traced_rule(traced_id))
    )
    where of_person is null or participant_id = of_person
),

answers as (
    select * from cells where list_contains(items_of(traced_outcome(traced_id)), item)
),

-- Why items were not asked: the answers to their gates that skipped past them.
skips as (
    select
        cells.participant_id, cells.wave, gates.item, any_value(try_cast(gates.blank_counts_as as double)) as counts_as,
        'not asked because ' || string_agg(
            gates.gate || coalesce(' was ' || cells.answer, ' was not asked'), ' and ' order by gates.condition_order
        ) as words
    from codebook.item_gates as gates
    inner join cells on gates.gate = cells.item and (cells.answer is not null or cells.missing_reason = 'valid_skip')
    where cells.answer is null or not list_contains(string_split(gates.answers, ', '), cells.answer::varchar)
    group by cells.participant_id, cells.wave, gates.item
),

traced as (
    from traced_head(traced_id)
    union all
    select 4, 'person', people.participant_id, null, 0, one.outcome, null, 0, people.value, null, people.text,
        people.how, people.is_counted, people.missing_reason, null, null, null, null, null, null
    from people
    cross join one
    union all
    -- Where it stands that somebody is on the roster, or returned a wave.
    select 5, 'return', everybody.participant_id, null, 0, one.outcome, null, 0, null, null, 'on the roster', null, true, null,
        everybody.source_file, everybody.source_row, null, null, null, null
    from marts.participants as everybody, one
    where one.analysis in ('flow', 'flow_by_group') and one.outcome = 'roster'
    union all
    select 5, 'return', sheets.participant_id, sheets.wave, asked.wave_order, one.outcome, null, 0, null, null,
        case
            when sheets.is_returned then 'returned' || coalesce(' on ' || if(one.people = 'returned', sheets.answered_on, null), '') when states.missing_reason = 'not_planned' then 'was not planned' else 'did not return'
        end, null, people.is_counted, null, sheets.source_file, sheets.source_row, null, null, null, null
    from marts.answer_sheets as sheets
    cross join one
    inner join traced_asked(traced_id) as asked on sheets.wave = asked.wave
    inner join marts.returns as states on sheets.participant_id = states.participant_id and sheets.wave = states.wave
    inner join people on sheets.participant_id = people.participant_id
    union all
    select 6, 'score', scores.participant_id, scores.wave, scores.wave_order, scores.scale, null, scores.scale_order, scores.score, null,
        null, scores.how, people.is_counted, scores.missing_reason, null, null, null, null, null, null
    from traced_scores(traced_id) as scores
    inner join people on scores.participant_id = people.participant_id
    union all
    select 7, 'answer', answers.participant_id, answers.wave, span.wave_order, items.scale, items.item, items.item_order,
        answers.answer,
        coalesce(recoded.counts_as, round(items.turned_from - answers.answer, items.decimals), answers.answer, skips.counts_as), null,
        case when skips.words is not null then skips.words when items.is_recoded then 'recoded' else 'reversed: ' || items.turned_from || ' - answer' end,
        people.is_counted and (one.of_variant is distinct from 'answers' or answers.answer is not null and answer_depends(
            items.is_in_main, items.is_in_variant, items.is_turned_otherwise, people.main_score, people.variant_score
        )),
        answers.missing_reason, answers.source_file, answers.source_row, columns_of.export_column, null, null, null
    from answers
    cross join one
    inner join traced_items(traced_id) as items on answers.item = items.item
    inner join span on answers.wave = span.wave
    inner join people on answers.participant_id = people.participant_id
    left join codebook.wave_items as columns_of on answers.wave = columns_of.wave and answers.item = columns_of.item
    left join codebook.item_answers as recoded
        on items.is_recoded and answers.item = recoded.item and answers.answer = recoded.answer
    left join skips
        on answers.missing_reason = 'valid_skip'
        and answers.participant_id = skips.participant_id
        and answers.wave = skips.wave
        and answers.item = skips.item
    union all
    select 7, 'answer', facts.participant_id, null, 0, facts.variable, null, facts.fact_order, facts.number, null, facts.category, null,
        people.is_counted, facts.missing_reason, facts.source_file, facts.source_row, variables.export_column, null, null, null
    from traced_facts(traced_id) as facts
    inner join people on facts.participant_id = people.participant_id
    inner join codebook.participant_variables as variables on facts.variable = variables.variable
)

select * from traced
where of_person is null or participant_id = of_person;

create or replace macro traced_rows(traced_id) as table
from traced_rows_of(traced_id, null::varchar);

create or replace macro trace_of(traced_id, of_person) as table
select
    traced.part, traced.participant_id, traced.wave, traced.measure, traced.item, items.label as item_label, traced.value, traced.keyed, traced.text, traced.how,
    traced.is_counted, traced.missing_reason, exports.export, exports.file_name, exports.version, traced.source_file,
    traced.source_row, traced.source_column, traced.result_id, traced.formula, traced.people
from traced_rows_of(traced_id, of_person) as traced
left join (
    select distinct on (source_file, wave) source_file, wave, export, file_name, version from marts.exports order by export, file_name
) as exports
    on traced.source_file = exports.source_file and traced.wave is not distinct from exports.wave
left join codebook.items as items on traced.item = items.item and traced.part = 'answer'
order by traced.step, traced.part, traced.participant_id, traced.wave_order, traced.item_order, traced.measure, traced.result_id;

create or replace macro trace(traced_id) as table
from trace_of(traced_id, null::varchar);
