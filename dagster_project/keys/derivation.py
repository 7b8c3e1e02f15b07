"""From the secret of a study to the key that its pseudonyms are made with, and to the value by which both are known again.

Belongs here: the derivation and its versions. Does not belong here: where the secret lies (find.py).

Version 1 is the secret itself: of releases from before there was another. Since version 2 the study's name is part of it, so
that studies that share a secret, as by one environment variable, give the same identifier unlike pseudonyms.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

#: What the check value is a hash of: no respondent's identifier holds a NUL.
_CHECKED = b"wavehouse\0check of the key"
_DERIVED = b"wavehouse\0key of the pseudonyms of a study\0"
#: The versions of the derivation, the newest last.
PLAIN, BY_STUDY = "1", "2"


@dataclass(frozen=True)
class PseudonymKey:
    """A study's key. secret: what is kept. derivation: the version by which the key is made of it. study: the name that is
    part of that; '' in version 1. source: the file or variable that gave the secret."""

    secret: bytes = field(repr=False)
    derivation: str
    study: str
    source: str

    @property
    def derived(self) -> bytes:
        """What pseudonyms are made with: the secret, or 64 hex digits of an HMAC-SHA256 of the study's name under it."""
        if self.derivation == PLAIN:
            return self.secret
        name = self.study.encode("utf-8", "surrogateescape")
        return hmac.new(self.secret, _DERIVED + name, hashlib.sha256).hexdigest().encode()

    @property
    def check(self) -> str:
        """The check value that stands in a release's manifest."""
        return key_check(self.derived)

    @property
    def facts(self) -> dict[str, str]:
        """What a release's manifest says of its key."""
        facts = {"key_check": self.check, "key_derivation": self.derivation}
        return facts | ({"key_study": self.study} if self.derivation != PLAIN else {})


def key_of(secret: bytes, manifest: Mapping[str, str] | None, study: str, source: str) -> PseudonymKey:
    """The key as the standing release derived it; of a study without a release by the newest version. study: its folder's
    name."""
    if manifest is None:
        return PseudonymKey(secret, BY_STUDY, study, source)
    if manifest.get("key_derivation", PLAIN) == PLAIN:
        return PseudonymKey(secret, PLAIN, "", source)
    return PseudonymKey(secret, BY_STUDY, manifest.get("key_study", study), source)


def key_check(key: bytes) -> str:
    """What tells one key from another without giving it away: 16 hex digits of an HMAC-SHA256 of a fixed text."""
    return hmac.new(key, _CHECKED, hashlib.sha256).hexdigest()[:16]
