"""The one error that results raise. Nothing else belongs here."""


class ResultsError(ValueError):
    """Results or a published table that cannot be used. The message is one line: place, value, cure."""
