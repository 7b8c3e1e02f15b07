"""What a run cannot go on with. Nothing else belongs here."""


class SettingsError(ValueError):
    """Something around a study that a run cannot go on with. The message is one line with the cure."""


class KeyFileError(ValueError):
    """An escrow cannot be written or read, or a rotation cannot be begun. The message is one line with the cure."""
