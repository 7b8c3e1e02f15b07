"""The public release of whole studies: beside the team's, whole or not at all, and without a trace of a person."""

import json
import os
import re
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dagster_project.disclosure import DisclosureError
from dagster_project.fingerprint import LEDGER
from dagster_project.release.public import PublicRelease, publish_public
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse


def texts_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): text_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".parquet"
    }


def text_of(path: Path) -> str:
    """The text of a file; of Word and Excel that of all their parts."""
    if path.suffix not in (".docx", ".xlsx"):
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as file:
        return "\n".join(file.read(name).decode("utf-8", "replace") for name in file.namelist())


def published(workspace: Any) -> PublicRelease:
    return publish_public(
        workspace.settings, read_study(workspace.study_folder), Warehouse(workspace.settings.warehouse_file)
    )


def test_the_public_release_holds_nobody(example_run: Any) -> None:
    """No pseudonym, no file, no row, no day, no answer of anybody in any file."""
    workspace, run = example_run
    public = workspace.study_folder / "public"
    assert run.metadata["public_release"]["folder"].value == str(public)
    everything = "\n".join(texts_of(public).values())
    people = workspace.released("select participant_id from marts.participants")
    assert len(people) == 32
    assert not [row for row in people if row["participant_id"] in everything]
    exports = workspace.released("select file_name, source_file from marts.exports where file_name is not null")
    assert not [row for row in exports if row["file_name"] in everything or row["source_file"] in everything]
    days = workspace.released(
        "select distinct answered_on::varchar as day from marts.answer_days where answered_on is not null"
    )
    assert not [row for row in days if row["day"] in everything]
    assert "source_row" not in everything and "participant_id" not in everything
    assert not [path for path in public.rglob("*") if path.suffix == ".duckdb"]


def test_the_package_lists_every_public_file_and_the_team_knows_what_is_hidden(example_run: Any) -> None:
    workspace, _ = example_run
    public = workspace.study_folder / "public"
    package = json.loads((public / "datapackage.json").read_text(encoding="utf-8"))
    files = {path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_file()}
    assert {resource["path"] for resource in package["resources"]} == files - {"datapackage.json", "manifest.json"}
    manifest = json.loads((public / "manifest.json").read_text(encoding="utf-8"))
    team_manifest = json.loads((workspace.release / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["release"] == team_manifest["release"]
    assert team_manifest["fingerprint"] not in "\n".join(texts_of(public).values())
    report = (workspace.study_folder / "disclosure_report" / "disclosure_report.md").read_text(encoding="utf-8")
    assert "| `characteristics/ethnicity/ethnic_group_7/count` | 1 | hidden: of fewer than 10 people |" in report
    assert "disclosure_report" not in files


def test_the_page_of_the_example_is_worth_reading(example_run: Any) -> None:
    """Of 32 people more than half of the numbers are public, and no minimum, maximum or exact p."""
    workspace, run = example_run
    numbers, hidden = (run.metadata["public_release"][name].value for name in ("numbers", "hidden"))
    assert hidden < numbers / 2
    page = (workspace.study_folder / "public" / "index.html").read_text(encoding="utf-8")
    assert "Table 1. Study flow" in page and "Change over time" in page and "Range" not in page
    assert "people behind" not in page.lower()
    table = (workspace.study_folder / "public" / "tables" / "table_1_flow.csv").read_text(encoding="utf-8-sig")
    assert table.splitlines()[1] == ",On the roster,30,,"
    released = {row["result_id"] for row in workspace.released("select result_id from results.results")}
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.S)[1])
    merged_ids = {identifier for identifier in data if "_to_" in identifier and identifier.startswith("items/")}
    assert data.keys() - merged_ids <= released


def test_of_four_people_nothing_but_the_frame_is_public(small_run: Any) -> None:
    workspace, run = small_run
    rows = (workspace.study_folder / "public" / "results.csv").read_text(encoding="utf-8-sig").splitlines()
    people_rows = [row for row in rows[1:] if not row.startswith("norm/")]
    assert people_rows and all(",*," in row for row in people_rows)
    assert run.metadata["public_release"]["hidden"].value == len(people_rows)
    assert run.checks["public_release", "follows_the_release"][0]


def test_a_public_release_is_made_once(small_copy: Any) -> None:
    workspace, _ = small_copy
    page = workspace.study_folder / "public" / "index.html"
    modified = page.stat().st_mtime_ns
    assert not published(workspace).is_new
    assert page.stat().st_mtime_ns == modified
    page.write_text("edited", encoding="utf-8")
    assert published(workspace).is_new
    assert page.read_text(encoding="utf-8") != "edited"
    (workspace.study_folder / "public").unlink()
    assert published(workspace).is_new
    assert page.exists()


def test_without_its_ledger_a_public_release_is_refused(small_copy: Any) -> None:
    workspace, _ = small_copy
    public, ledger = workspace.study_folder / "public", workspace.settings.study_home / LEDGER
    before = texts_of(public)
    make_outdated(public)
    ledger.unlink()
    with pytest.raises(DisclosureError) as caught:
        published(workspace)
    assert str(caught.value) == (
        f"{ledger}: gone; without it nobody can tell what the public release gives away together with a new one. Put it back,"
        " or move the folder public of the study away to start anew"
    )
    ledger.write_text("{", encoding="utf-8")
    with pytest.raises(DisclosureError) as caught:
        published(workspace)
    assert str(caught.value) == (
        f"{ledger}: damaged; without it nobody can tell what the public release gives away together with a new one. Put a copy"
        " back, or move it and the folder public of the study away to start anew"
    )
    assert texts_of(public) | {"manifest.json": ""} == before | {"manifest.json": ""}
    (public / "manifest.json").unlink()
    with pytest.raises(DisclosureError) as caught:
        published(workspace)
    assert str(caught.value) == (
        f"{public}: this is not a public release (manifest.json is missing); move it away, then run again"
    )


def test_a_ledger_that_is_lost_is_said_also_where_nothing_is_new(small_copy: Any) -> None:
    """The public release is of the current release: nobody would ask for the ledger before the next one, months later."""
    workspace, run_again = small_copy
    ledger = workspace.settings.study_home / LEDGER
    whole = ledger.read_bytes()
    for content, state in ((None, "gone"), (b"{", "damaged")):
        ledger.unlink()
        if content is not None:
            ledger.write_bytes(content)
        stays = published(workspace)
        assert not stays.is_new and stays.reason.startswith(f"{ledger}: {state}; without it nobody can tell what the public")
        ledger.write_bytes(whole)
    assert published(workspace).reason == ""
    ledger.unlink()
    run = run_again()
    assert run.success
    passed, message = run.checks["public_release", "follows_the_release"]
    assert not passed and message.startswith(f"{ledger}: gone; ")


def make_outdated(public: Path) -> None:
    """As if it had been made of an earlier release."""
    manifest = json.loads((public / "manifest.json").read_text(encoding="utf-8"))
    (public / "manifest.json").write_text(json.dumps(manifest | {"release": "earlier"}), encoding="utf-8")


def test_a_failing_public_release_leaves_the_teams_alone(small_copy: Any) -> None:
    workspace, run_again = small_copy
    team_release = (workspace.release / "manifest.json").read_text(encoding="utf-8")
    make_outdated(workspace.study_folder / "public")
    (workspace.settings.study_home / LEDGER).unlink()
    run = run_again()
    assert not run.success
    assert [failure.partition(": gone;")[0] for failure in run.failures] == [str(workspace.settings.study_home / LEDGER)]
    assert (workspace.release / "manifest.json").read_text(encoding="utf-8") == team_release


def test_a_study_may_declare_that_there_is_none(small_copy: Any) -> None:
    workspace, _ = small_copy
    (workspace.study_folder / "public").unlink()
    with (workspace.study_folder / "study.yaml").open("a", encoding="utf-8") as stream:
        stream.write("disclosure: none\n")
    assert published(workspace).folder is None
    assert not (workspace.study_folder / "public").exists()


class KilledError(BaseException):
    """The process ends here."""


def test_readers_see_the_old_or_the_new_public_release_at_every_step(small_copy: Any, monkeypatch: Any) -> None:
    """Killed before and after every change of a name: `public` is whole each time, and the next run tidies up."""
    workspace, _ = small_copy
    public = workspace.study_folder / "public"
    before = texts_of(public)
    real_rename, real_replace, steps = Path.rename, os.replace, 0

    def killing(real: Any, limit: int, comes_after: bool) -> Any:
        def act(*arguments: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps >= limit and not comes_after:
                raise KilledError
            answer = real(*arguments)
            if steps >= limit:
                raise KilledError
            return answer

        return act

    for limit, comes_after in product((1, 2, 3, 4), (False, True)):  # the ledger, the entry, the folder, the link
        make_outdated(public)
        steps = 0
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", killing(real_rename, limit, comes_after))
            patched.setattr("dagster_project.warehouse.release.os.replace", killing(real_replace, limit, comes_after))
            with pytest.raises(KilledError):
                published(workspace)
        assert texts_of(public).keys() == before.keys()
        release = json.loads((public / "manifest.json").read_text(encoding="utf-8"))["release"]
        assert (release == "earlier") == ((limit, comes_after) != (4, True))
    make_outdated(public)
    assert published(workspace).is_new
    assert public.is_symlink()
    assert [path.resolve() for path in (workspace.study_folder / "public_releases").iterdir()] == [public.resolve()]


def test_a_public_folder_of_an_earlier_version_becomes_a_link(small_copy: Any) -> None:
    workspace, _ = small_copy
    public = workspace.study_folder / "public"
    target = public.resolve()
    public.unlink()
    target.rename(workspace.study_folder / "public.old")  # as a run leaves it that is killed between two renames
    assert not published(workspace).is_new
    assert public.is_dir() and not public.is_symlink()
    make_outdated(public)
    assert published(workspace).is_new
    assert public.is_symlink() and not (workspace.study_folder / "public.old").exists()
