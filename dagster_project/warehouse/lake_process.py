"""Publishing in a process of its own, again where it failed: DuckDB ends its process where PostgreSQL goes away in the
middle of a transaction (ducklake#1023), and the run that publishes goes on.

Belongs here: that process, how often and when it is tried again. Does not belong here: one attempt (lake_releases.py).
"""

import pickle
import subprocess
import sys
import time
from collections.abc import Sequence

from dagster_project.warehouse.lake import LakeError
from dagster_project.warehouse.lake_releases import LakeRequest, Publication, publish_once

#: How many seconds are waited before what failed is done again: in all, longer than a restart of PostgreSQL.
PAUSES = (0.2, 0.5, 1, 2, 4, 8, 8)

#: How Python ends where nobody caught an error; a process that DuckDB or somebody else ended has another code.
_EXCEPTION = 1


def publish_to_lake(request: LakeRequest, pauses: Sequence[float] = PAUSES) -> Publication:
    """Publish a released file as the current state of its study's lake, in one transaction, unless it is that already.

    A connection that is lost, a catalogue that restarts or somebody else's publication in between: all of it is done again
    from the start, beginning with the question whether the release is there. Raises LakeError where it may not be published
    or cannot be; the lake is then as it was.
    """
    for pause in pauses:
        try:
            return _publish_apart(request)
        except LakeError as error:
            if error.is_final:
                raise
        time.sleep(pause)
    return _publish_apart(request)


def _publish_apart(request: LakeRequest) -> Publication:
    """One attempt. What it needs goes through a pipe: no secret stands in the command or the environment."""
    process = subprocess.run(
        [sys.executable, "-m", "dagster_project.warehouse.lake_process"],
        input=pickle.dumps(request),
        capture_output=True,
        check=False,
    )
    if process.returncode == _EXCEPTION:
        line = (process.stderr.decode(errors="replace").strip().splitlines() or ["no reason is given"])[-1]
        raise LakeError(
            f"{request.lake}: publishing failed ({request.lake.address.without_secrets(line)}); report this line"
        )
    try:
        answer: Publication | LakeError = pickle.loads(process.stdout)
    except (pickle.UnpicklingError, EOFError):  # it died
        raise LakeError(
            f"{request.lake}: the connection was lost; the release before is as it was, or this one is published whole:"
            " `wavehouse publish` says which",
            is_final=False,
        ) from None
    if isinstance(answer, Publication):
        return answer
    raise answer


def main() -> None:
    """Read a request from standard input, and write what came of it."""
    request: LakeRequest = pickle.load(sys.stdin.buffer)
    try:
        answer: Publication | LakeError = publish_once(request)
    except LakeError as error:
        answer = error
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    main()
