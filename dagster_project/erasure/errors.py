"""What stops an erasure. Nothing else belongs here."""


class ErasureError(ValueError):
    """An erasure cannot be done. The message is one line with the cure; nothing was changed."""
