"""Escrow: the key comes back by the passphrase alone, and whatever is wrong with the file is a line."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.cli import main
from dagster_project.keys import KeyFileError, PseudonymKey, SettingsError
from dagster_project.keys import escrow as escrow_module
from dagster_project.keys.escrow import read_escrow, read_header, write_escrow
from dagster_project.settings import Settings, read_settings
from dagster_project.trail import trail_file

PASSPHRASE = "five words by chance, caf\u00e9"
KEY = PseudonymKey(b"0123456789abcdef" * 4, "2", "mood", "a file")


@pytest.fixture(autouse=True)
def _cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess that costs little; what it costs really is in test_a_guess_is_expensive."""
    monkeypatch.setattr(escrow_module, "_COST", 2**4)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    folder = tmp_path / "data" / "mood"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text("study: mood\n", encoding="utf-8")
    environment = {"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(tmp_path / "home")}
    for name, value in (environment | {"WAVEHOUSE_PASSPHRASE": PASSPHRASE}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WAVEHOUSE_PSEUDONYM_KEY", raising=False)
    return read_settings(environment)


def _release(settings: Settings) -> None:
    folder = settings.study_folder / "release"
    folder.mkdir(exist_ok=True)
    facts = {"release": "r1", **settings.study_key().facts}
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")


def test_a_guess_is_expensive(monkeypatch: pytest.MonkeyPatch) -> None:
    """scrypt with N = 2^17, r = 8: 128 MB a guess (RFC 7914: 128 * N * r bytes)."""
    monkeypatch.undo()
    assert escrow_module._COST * escrow_module._BLOCK_SIZE * 128 == 128 * 2**20


def test_the_key_of_scrypt_is_that_of_the_standard() -> None:
    """The third vector of RFC 7914, section 12, at the length that is used here."""
    derived = escrow_module._key_of_passphrase("pleaseletmein", b"SodiumChloride", (16384, 8, 1))
    assert derived.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


def test_an_escrow_gives_the_key_back_and_says_nothing_of_it(tmp_path: Path) -> None:
    file = tmp_path / "escrow.json"
    header = write_escrow(file, KEY, "mood", "r1", PASSPHRASE)
    assert (header.check, header.folder, header.release) == (KEY.check, "mood", "r1")
    assert KEY.secret not in file.read_bytes() and PASSPHRASE.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert read_header(file) == header
    read, key = read_escrow(file, PASSPHRASE)
    assert (read, key.secret, key.derived) == (header, KEY.secret, KEY.derived)
    # The same letters as another keyboard gives them.
    assert read_escrow(file, PASSPHRASE.replace("\u00e9", "e\u0301"))[1].secret == KEY.secret
    with pytest.raises(FileExistsError):
        write_escrow(file, KEY, "mood", "r1", PASSPHRASE)


def test_another_passphrase_a_short_one_and_no_escrow_are_a_line(tmp_path: Path) -> None:
    file = tmp_path / "escrow.json"
    write_escrow(file, KEY, "mood", "", PASSPHRASE)
    with pytest.raises(KeyFileError) as refusal:
        read_escrow(file, "another passphrase")
    assert str(refusal.value) == f"{file}: the passphrase is another one, or the file was damaged; try both again"
    with pytest.raises(KeyFileError, match=r"^the passphrase has 5 characters; take 12 or more, e.g. five words by chance$"):
        write_escrow(tmp_path / "short", KEY, "mood", "", "short")
    for content in ("", "{}", "[1]", file.read_text(encoding="utf-8")[:-30], "\0"):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(KeyFileError, match=r"is no escrow of a key, or was damaged; use another copy of it$"):
            read_escrow(file, PASSPHRASE)


_ESCROW: list[bytes] = []


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(1, 255))
def test_any_byte_that_is_changed_is_detected_or_means_the_same(
    position: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("escrow")
    if not _ESCROW:
        escrow_module._COST = 2**4
        write_escrow(folder / "whole", KEY, "mood", "r1", PASSPHRASE)
        _ESCROW.append((folder / "whole").read_bytes())
    content = bytearray(_ESCROW[0])
    content[position % len(content)] ^= byte
    file = folder / "changed"
    file.write_bytes(bytes(content))
    try:
        header, key = read_escrow(file, PASSPHRASE)
    except KeyFileError:
        return
    assert (key.secret, header.check) == (KEY.secret, KEY.check)  # blanks between the parts


def test_a_lost_key_is_restored_and_checked_against_the_release(study: Settings, tmp_path: Path, capsys: object) -> None:
    key, file = study.key(), tmp_path / "escrow.json"
    _release(study)
    assert main(["key", "escrow", str(file)]) == 0
    secret = study.key_file.read_bytes()
    study.key_file.unlink()
    with pytest.raises(SettingsError, match="or restore an escrow with `wavehouse key restore`"):
        study.key()
    assert main(["key", "restore", str(file)]) == 0
    assert study.key() == key and study.key_file.read_bytes() == secret
    assert study.key_file.stat().st_mode & 0o077 == 0


def _refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err.removeprefix("wavehouse: ").strip()


def test_what_cannot_be_restored_is_a_line(
    study: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "escrow.json"
    _release(study)
    write_escrow(file, KEY, "sleep", "r9", PASSPHRASE)
    assert _refusal(["key", "restore", str(file)], capsys) == f"{file}: is the escrow of study sleep, and this is mood"
    file.unlink()
    write_escrow(file, KEY, "mood", "r0", PASSPHRASE)
    check = study.study_key().check
    assert _refusal(["key", "restore", str(file)], capsys) == (
        f"{file}: is of another key (check value {KEY.check}) than the one that release r1 was made with ({check}); use the"
        " escrow of that one"
    )
    file.unlink()
    assert main(["key", "escrow", str(file)]) == 0
    assert _refusal(["key", "escrow", str(file)], capsys) == (
        f"{file}: is there already, and nothing is overwritten; name another file"
    )
    study.key_file.write_bytes(b"another")
    assert _refusal(["key", "restore", str(file)], capsys) == (
        f"{study.key_file}: holds another key; move it away first, if it is not needed, then restore again"
    )
    monkeypatch.delenv("WAVEHOUSE_PASSPHRASE")
    assert _refusal(["key", "restore", str(file)], capsys) == (
        "nobody can be asked for the passphrase here; set WAVEHOUSE_PASSPHRASE"
    )
    assert _refusal(["key", "restore"], capsys) == "wavehouse key restore: name the file of the escrow"
    assert _refusal(["key", "show", "--cancel"], capsys) == "wavehouse key show: --cancel is of rotate; leave it out"
    assert _refusal(["key", "show", str(file)], capsys) == "wavehouse key show: takes no file"


def test_show_says_what_a_key_is_known_by_and_not_the_key(study: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "show"]) == 0
    assert capsys.readouterr().out == "there is no key yet; the first run makes one\n"
    assert not study.key_file.exists()
    key = study.study_key()
    _release(study)
    assert main(["key", "show"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"the key is in {study.key_file}; its check value is {key.check}",
        "pseudonyms are derived from it and the study's name, mood",
        "release r1 was made with it",
    ]


def test_no_escrow_is_written_without_a_trace(
    study: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study.key()
    file, trail = tmp_path / "escrow.json", trail_file(study.study_folder)
    refusal = (
        f"{trail}: the audit trail cannot be written (Is a directory); grant yourself permission or free space, then do it"
        " again"
    )
    trail.mkdir()
    assert _refusal(["key", "escrow", str(file)], capsys) == refusal
    assert not file.exists()
    monkeypatch.setattr("dagster_project.trail.check_trail", lambda _: None)  # as where the disk is full a moment later
    assert _refusal(["key", "escrow", str(file)], capsys) == refusal
    assert not file.exists()
