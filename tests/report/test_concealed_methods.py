"""What the methods say of concealed groups, and of groups that were concealed."""

from pathlib import Path

import pytest
from group_study import write_group_study

from dagster_project.report.group_methods import group_methods
from dagster_project.study import read_study


@pytest.mark.parametrize(
    ("keys", "first_sentences"),
    [
        (
            "concealed: true, concealment_seed: 734512",
            [
                "Groups are concealed: A, B and C stand for them by chance, and B and C are compared with A, whichever group that"
                " is. Where a table or a method speaks of the reference, it is that one.",
            ],
        ),
        (
            "concealed: true, concealment_seed: 734512, unblinded: 2024-05-01",
            [
                "People were compared by the groups to which they were allocated by chance: Course and Course and calls with"
                " Waiting list, the reference.",
                "Groups were concealed until they were unblinded on 2024-05-01.",
            ],
        ),
    ],
)
def test_the_methods_say_whether_groups_are_concealed(tmp_path: Path, keys: str, first_sentences: list[str]) -> None:
    folder = write_group_study(tmp_path / "group_study", people_per_arm=1)
    file = folder / "study.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("randomised}", f"randomised, {keys}}}"), encoding="utf-8")
    sentences = list(group_methods(read_study(folder), ()))
    assert sentences[: len(first_sentences)] == first_sentences
    assert sentences[len(first_sentences)] == (
        "Everybody counts in the group that the roster gives, whatever became of them later."
    )
