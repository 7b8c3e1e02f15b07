"""Filling a template of the package. Nothing else belongs here."""

from typing import Any

import jinja2


def render(name: str, **content: Any) -> str:
    """A page from one of `templates/`: everything escaped, an unknown name an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dagster_project.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**content)
