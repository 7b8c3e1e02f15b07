"""Whether a file that was pulled is the export that was asked for, before it takes the place of the last one.

Belongs here: that question, which the export's own reader and declaration answer. Does not belong here: whether each of its
columns and answers fits, which a run says of every file; asking a service.
"""

from pathlib import Path

from dagster_project.exports import ExportError, abbreviated_list, contract_of_file, quoted
from dagster_project.pull.answers import fault_of_file
from dagster_project.pull.errors import NoAnswersError, PullError
from dagster_project.study import Export, ServiceSource, Study

#: What messages call the file, which has no name yet.
_NAME = "the answer"


def accepted_rows(file: Path, study: Study, export: Export, service: ServiceSource) -> int:
    """How many rows a pulled file has. Raises PullError if it is no export of this declaration, NoAnswersError if it has no
    rows."""
    title = f"{service.title} ({service.host})"
    if fault := fault_of_file(file):
        raise PullError(f"{title} sends {fault} instead of the export; check what is asked for, and the rights there")
    try:
        contract = contract_of_file(file, _NAME, study, export)
    except ExportError as error:
        raise PullError(f"{title}: {error}") from None
    if contract.column_positions.get("respondent") is None:
        columns = abbreviated_list([quoted(column) for column in contract.table.columns])
        raise PullError(
            f"{title}: the answer has no column {quoted(export.respondent)}, which respondent names, but {columns}; check"
            " whether it is asked for the right thing"
        )
    if contract.rows_in_file == 0:
        raise NoAnswersError(f"{title}: the answer has a header and no rows")
    return contract.rows_in_file
