"""Groups that a release names cannot be concealed by a later one."""

from pathlib import Path

import pyarrow as pa
import pytest
from group_study import write_group_study

from dagster_project.release.publish import refuse_to_conceal_known_groups
from dagster_project.study import StudyError, read_study
from dagster_project.warehouse import Warehouse


def test_groups_that_the_current_release_names_cannot_be_concealed(tmp_path: Path) -> None:
    folder = write_group_study(tmp_path / "group_study", people_per_arm=1)
    file = folder / "study.yaml"
    open_study = read_study(folder)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("randomised}", "randomised, concealed: true, concealment_seed: 734512}"), encoding="utf-8")
    concealed_study = read_study(folder)
    released_file = tmp_path / "warehouse.duckdb"
    refuse_to_conceal_known_groups(concealed_study, released_file)  # there is none yet
    Warehouse(released_file).replace_tables(
        "codebook", {"groups": pa.table({"people_group": ["waiting", "course", "calls"]})}
    )
    refuse_to_conceal_known_groups(open_study, released_file)
    with pytest.raises(StudyError) as refusal:
        refuse_to_conceal_known_groups(concealed_study, released_file)
    assert str(refusal.value) == (
        "groups: the current release names the groups that study.yaml conceals, and whoever has it can tell them apart; take"
        " concealed out, or move the folders release and releases away from the study first"
    )
    Warehouse(released_file).replace_tables("codebook", {"groups": pa.table({"people_group": ["A", "B", "C"]})})
    refuse_to_conceal_known_groups(concealed_study, released_file)
