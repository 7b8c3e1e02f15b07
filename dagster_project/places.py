"""Where the parts of Wavehouse lie, in a clone or installed, and where a person's studies lie.

Belongs here: folders of the package and of its user. Does not belong here: what the environment says (settings.py), files
of one study.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
#: A clone of the repository has the dbt project and the example beside the package, an installed package inside it.
IS_CLONE = (PACKAGE.parent / "dbt" / "dbt_project.yml").is_file()
_SHIPPED = PACKAGE.parent if IS_CLONE else PACKAGE
DBT_PROJECT = _SHIPPED / "dbt"
DAGSTER_SETTINGS = PACKAGE / "dagster_home" / "dagster.yaml"
EXAMPLE = _SHIPPED / "data" / "peer_workers"
#: Of a study: the file that makes a folder a study's.
STUDY_FILE = "study.yaml"


def workspace() -> Path:
    """The folder whose data/ holds the studies: the clone, or where the command is typed if the package is installed."""
    return PACKAGE.parent if IS_CLONE else Path.cwd()


def home_beside(study_folder: Path) -> Path:
    """Where runs of a study leave what stays on this machine: the clone's own folder, else one beside the studies.

    It depends on where the study lies alone, not on where a command is typed: the key of its pseudonyms is in it.
    """
    if IS_CLONE:
        return PACKAGE.parent / ".wavehouse"
    parent = study_folder.parent
    return (parent.parent if parent.name == "data" else parent) / ".wavehouse"


def studies_of(folder: Path) -> list[Path]:
    """The study folders below data/ of a folder, by name."""
    return sorted(file.parent for file in folder.glob(f"data/*/{STUDY_FILE}"))
