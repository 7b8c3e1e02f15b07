"""The error class of this package. Nothing else belongs here."""


class ResultsError(ValueError):
    """Results or a published table that cannot be used. The message is one line: location, value, remedy."""
