"""The reference: pages of the documentation that are made from the code, so that they cannot fall behind it.

Belongs here: collecting what commands, keys, tables, statistics, rules, checks and messages say of themselves, and laying it
out as Markdown. Does not belong here: what they say, which stands with each of them; pages that people write (docs/).

`python -m dagster_project.reference FOLDER` writes them. What says nothing of itself is listed by `undocumented`.
"""

from dagster_project.reference.pages import PAGES, Page, undocumented, write_reference

__all__ = ["PAGES", "Page", "undocumented", "write_reference"]
