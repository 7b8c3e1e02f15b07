"""What is counted of a study that nobody is in: careless sheets and what depends on variants. Belongs here: analyses whose marts
have no rows then. Does not belong here: statistics of nobody."""

from dataclasses import replace

import pytest
from meaning_study import made_people, write_study

from dagster_project.results import VariantMarts, careless_results, variant_results
from dagster_project.study import ScaleRule, Study, Variant, read_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_study(tmp_path_factory.mktemp("nobody") / "study", made_people(2)))


def test_nobody_is_careless_for_a_reason(study: Study) -> None:
    results = {row.result_id: row for row in careless_results([], study)}
    n, percent = (results[f"careless/habits/long_string/T1/{name}"] for name in ("n", "percent"))
    assert (n.value, percent.value, percent.note) == (0, None, "no sheet has enough answers")
    assert results["careless/any_block/any_sign/T3/count"].value == 0


def test_a_wave_that_does_not_ask_a_block_has_no_sheets_of_it(study: Study) -> None:
    exports = tuple(
        export.model_copy(update={"blocks": tuple(block for block in export.blocks if block.block != "habits")})
        if export.wave == "T2"
        else export
        for export in study.protocol.exports
    )
    without = replace(study, protocol=study.protocol.model_copy(update={"exports": exports}))
    waves = {row.wave for row in careless_results([], without) if row.outcome == "habits"}
    assert waves == {"T1", "T3"}


def test_a_wave_that_asks_no_block_has_its_time_alone(study: Study) -> None:
    exports = tuple(
        export.model_copy(update={"blocks": tuple(block for block in export.blocks if block.block == "pss4")})
        if export.wave == "T2"
        else export
        for export in study.protocol.exports
    )
    timed = replace(study, protocol=study.protocol.model_copy(update={"exports": exports}))
    results = {row.result_id: row for row in careless_results([], timed) if row.wave == "T2"}
    assert {(row.outcome, row.category) for row in results.values()} == {
        ("whole_sheet", "short_time"), ("any_block", "any_sign"),
    }  # fmt: skip
    median, unknown = (results[f"careless/whole_sheet/short_time/T2/{name}"] for name in ("median", "n_no_duration"))
    assert (median.value, median.note) == (None, "of no sheet with an answer the time is known")
    assert (unknown.value, unknown.printed) == (0, "0")


def test_nobodys_scores_depend_on_a_variant(study: Study) -> None:
    variant = Variant(variant="lenient", scales={"habits_total": ScaleRule(minimum_answered=0.5)})
    declared = replace(study, protocol=study.protocol.model_copy(update={"variants": (variant,)}))
    results = {row.result_id: row for row in variant_results(VariantMarts([], [], [], [], []), {}, declared)}
    counts = [results[f"variants/habits_total/lenient/T1/{name}"] for name in ("n_scores_lost", "n_answers")]
    assert [(row.value, row.note) for row in counts] == [(0, None), (0, None)]
