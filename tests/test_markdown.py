"""Tables for Dagster's pages, with what would end a cell in it."""

from dagster_project.markdown import markdown_table


def test_a_bar_and_a_line_break_stay_in_their_cell() -> None:
    table = markdown_table(("item", "text"), [("a|b", "one\ntwo"), (3, None)])
    assert table.splitlines() == ["| item | text |", "|---|---|", "| a\\|b | one two |", "| 3 |  |"]
