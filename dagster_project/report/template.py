"""Filling a template of the package. Nothing else belongs here."""

from typing import Any

import jinja2
from markupsafe import Markup

from dagster_project.results import column_lengths, count_text

#: Tables longer across than this many characters have smaller letters on a page.
_WIDE = 130


def render(name: str, **content: Any) -> str:
    """A page from one of `templates/`: everything escaped, an unknown name an error.

    A template includes style sheets and scripts of that folder by `verbatim`, writes counts of things by `count_text`, and
    has tables printed smaller that `is_wide` says are long across.
    """
    loader = jinja2.PackageLoader("dagster_project.report", "templates")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["verbatim"] = lambda file: Markup(loader.get_source(environment, file)[0])
    environment.globals["count_text"] = count_text
    environment.globals["is_wide"] = lambda table: sum(column_lengths(table)) > _WIDE
    # No spaces: on a page with ten thousand numbers they are a tenth of the data.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return environment.get_template(name).render(**content)
