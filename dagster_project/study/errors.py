"""The one error that a study definition raises. Nothing else belongs here."""


class StudyError(ValueError):
    """A study definition that cannot be used. The message is one line: file, key, value, remedy."""
