"""Asking the UI's own server to load the definitions anew, as its button does.

Belongs here: the request, which the guard answers since it has the token. Does not belong here: when (defs/mending.py).
"""

import json
import os
import threading
import time
import urllib.request
from collections.abc import Mapping

from dagster_project.ui.guard import ADDRESSES_VARIABLE, TOKEN_VARIABLE

_MUTATION = (
    "mutation Reload($location: String!) { reloadRepositoryLocation(repositoryLocationName: $location) { __typename } }"
)
#: Who asks is ended by what it asks for: its own answer goes out before.
_SECONDS_BEFORE = 2
_TIMEOUT_SECONDS = 300


def can_reload(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the UI's server and its token are known here."""
    return bool(environment.get(TOKEN_VARIABLE) and environment.get(ADDRESSES_VARIABLE))


def reload_soon(location: str, environment: Mapping[str, str] = os.environ) -> None:
    """Ask for a reload of a code location, in a moment and without waiting for it."""
    address = environment[ADDRESSES_VARIABLE].split()[0]
    threading.Thread(target=_reload, args=(address, environment[TOKEN_VARIABLE], location), daemon=True).start()


def _reload(address: str, token: str, location: str) -> None:
    time.sleep(_SECONDS_BEFORE)
    body = json.dumps({"query": _MUTATION, "variables": {"location": location}}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{address}/graphql", body, headers)
    # Where nobody answers, the sensor asks again at its next look.
    try:
        urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
    except OSError:
        return
