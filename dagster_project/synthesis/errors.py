"""The error of this package. Nothing else belongs here."""


class SynthesisError(ValueError):
    """A proposition or an interview file that cannot be used: one line with file, location, value and remedy."""
