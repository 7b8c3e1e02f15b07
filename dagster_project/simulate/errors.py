"""The one error that the simulation raises. Nothing else belongs here."""


class SimulationError(ValueError):
    """Stand-ins cannot be found or written. The message is one line that says how to fix it."""
