"""The one error that the simulation raises. Nothing else belongs here."""


class SimulationError(ValueError):
    """Stand-ins that cannot be made or written. The message is one line with the cure."""
