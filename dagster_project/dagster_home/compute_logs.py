"""What a run's steps print, kept in files that the UI shows, and not copied to the terminal as well.

Belongs here: where that output goes. Does not belong here: a run's own lines on the terminal (progress.py). DAGSTER_HOME's
dagster.yaml names this class; a home with an older dagster.yaml goes on with Dagster's own.

Dagster's own copies the files to the terminal by `tail -F`, with a second process that watches each `tail`, and stops them
at the end of the run whether they have copied everything or not: the last lines were lost, or cut
(github.com/dagster-io/dagster/issues/23336).
"""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dagster._core.execution.compute_logs import redirect_to_file
from dagster._core.storage.compute_log_manager import CapturedLogContext, ComputeIOType
from dagster._core.storage.local_compute_log_manager import IO_TYPE_EXTENSION, LocalComputeLogManager
from dagster._serdes import ConfigurableClassData
from dagster._utils import ensure_file, touch_file


class StepOutputFiles(LocalComputeLogManager):
    """Dagster's files of what steps print, filled by the step itself."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "StepOutputFiles":
        return cls(os.path.join(config_value["base_dir"], "storage"), inst_data=inst_data)  # where Dagster's own has them

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext, None, None]:
        out_path = self.get_captured_local_path(log_key, IO_TYPE_EXTENSION[ComputeIOType.STDOUT])
        err_path = self.get_captured_local_path(log_key, IO_TYPE_EXTENSION[ComputeIOType.STDERR])
        for path in (out_path, err_path):
            ensure_file(path)
        with redirect_to_file(sys.stdout, out_path), redirect_to_file(sys.stderr, err_path):
            yield CapturedLogContext(log_key)
        touch_file(self.complete_artifact_path(log_key))
