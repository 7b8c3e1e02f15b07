"""The key of a study's pseudonyms: where it is, what is derived from it, how it is changed, and an escrow of it.

Belongs here: finding and making the key, its check value, rotation, escrow. Does not belong here: pseudonyms themselves
(exports/pseudonyms.py), running a study again with another key (commands/).

Escrows are read and written by escrow.py, which is imported where one is: every command reads this module.
"""

from dagster_project.keys.derivation import PseudonymKey, key_check
from dagster_project.keys.errors import KeyFileError, SettingsError
from dagster_project.keys.find import (
    DERIVATION_FILE,
    KEY_FILE,
    KEY_VARIABLE,
    KeySources,
    find_key,
    keep_derivation,
    newest_manifest,
)
from dagster_project.keys.private_file import write_private
from dagster_project.keys.rotation import (
    Rotation,
    begin_rotation,
    cancel_rotation,
    finish_cancellation,
    finish_rotation,
    is_cancellation_unfinished,
    read_cancelled_rotation,
    read_rotation,
)

__all__ = [
    "DERIVATION_FILE",
    "KEY_FILE",
    "KEY_VARIABLE",
    "KeyFileError",
    "KeySources",
    "PseudonymKey",
    "Rotation",
    "SettingsError",
    "begin_rotation",
    "cancel_rotation",
    "find_key",
    "finish_cancellation",
    "finish_rotation",
    "is_cancellation_unfinished",
    "keep_derivation",
    "key_check",
    "newest_manifest",
    "read_cancelled_rotation",
    "read_rotation",
    "write_private",
]
