"""The models' SQL can be said in other engines' words, but for what is named here and stands in dispatched macros."""

from typing import Any

import pytest
from portable_sql import ENGINES, compiled_models, unknown_functions, untranslated

#: What sqlglot cannot say, by engine. wave_stamps: texts joined in order (joined_in_order). A row once for each of some entries
#: (one_row_each): item_moments and others. sample: a column of this name, a reserved word of Snowflake's.
_JOINED, _ENTRIES, _SAMPLE = "GROUP_CONCAT", "untyped key-value definitions", "sample"
_UNTRANSLATED = {
    "bigquery": {"wave_stamps": _JOINED},
    "trino": {"item_moments": _ENTRIES},
    "snowflake": {"norm_score_counts": _SAMPLE, "norm_scores": _SAMPLE},
}


@pytest.mark.slow
def test_every_model_is_translated_into_the_words_of_other_engines(small_run: tuple[Any, Any]) -> None:
    models = compiled_models(small_run[0].settings.dbt_target)
    assert len(models) > 60
    faults: dict[str, dict[str, str]] = {}
    for name, sql in models.items():
        for engine, fault in untranslated(sql).items():
            faults.setdefault(engine, {})[name] = fault
    assert {engine: set(names) for engine, names in faults.items()} == {
        engine: set(names) for engine, names in _UNTRANSLATED.items()
    }
    for engine, names in _UNTRANSLATED.items():
        assert all(reason in faults[engine][name] for name, reason in names.items()), faults
    # The same name means nothing elsewhere: these stand in macros of DuckDB's own (content_hash, cell_text).
    assert set().union(*map(unknown_functions, models.values())) == {"hash", "nfc_normalize"}


def test_what_no_engine_has_is_seen() -> None:
    """A checker that lets everything through checks nothing."""
    assert untranslated("select count(*) as n from answers group by wave") == {}
    assert unknown_functions("select regexp_full_match(a, 'b'), frobnicate(c), count(*) from d") >= {"frobnicate"}
    faults = untranslated("select string_agg(name, '|' order by place) from waves")
    assert set(faults) == {"bigquery"}
    assert set(faults) < set(ENGINES)
