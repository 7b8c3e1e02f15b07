"""What is said of a model of a study's own that the database refuses."""

from dagster_project.extensions.models import database_words


def test_the_place_is_said_by_its_words_as_dbt_counts_other_lines() -> None:
    message = """Runtime Error in model gains (models/gains.sql)
  Binder Error: Table "people" does not have a column named "arms"

  LINE 13:     people.arms,
               ^"""
    assert database_words(message) == 'Binder Error: Table "people" does not have a column named "arms" at: people.arms,'
    assert database_words(None) == ""
