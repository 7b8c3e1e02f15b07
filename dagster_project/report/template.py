"""Filling a template of the package. Nothing else belongs here."""

from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from dagster_project.languages import ENGLISH, gettext, ngettext, spoken_language, translate, translate_finding, with_label
from dagster_project.report.scripts import spoken_script
from dagster_project.results import column_lengths

#: Tables longer across than this many characters have smaller letters on a page.
_WIDE = 130


def render(name: str, **content: Any) -> str:
    """A page from one of `templates/`: everything escaped, an unknown name an error.

    A template includes style sheets of that folder by `verbatim` and scripts by `spoken_script`, says its words by `gettext`
    and `ngettext`, or where they have elements in them by `markup`, and what a run stored by `translate`. It has tables
    printed smaller that `is_wide` says are long across.
    """
    return _environment(spoken_language()).get_template(name).render(**content)


@cache
def _environment(language: str) -> jinja2.Environment:
    """The templates in the language that is spoken; one that several pages share is compiled once."""
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
    environment.globals["spoken_script"] = lambda name: Markup(
        spoken_script(name, loader.get_source(environment, f"page/scripts/{name}.js")[0])
    )
    environment.globals |= {"gettext": gettext, "ngettext": ngettext, "markup": _markup, "translate": translate}
    environment.globals |= {"translate_finding": translate_finding, "with_label": with_label}
    environment.globals["language"] = language
    environment.globals |= {"interval": gettext("[95 % CI]"), "unbroken": _unbroken}
    # Of texts that are English in every language.
    environment.globals["in_english"] = "" if language == ENGLISH else Markup(' lang="en"')
    environment.globals["is_wide"] = lambda table: sum(column_lengths(table)) > _WIDE
    # No spaces: on a page with ten thousand numbers they are a tenth of the data.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return environment


def _unbroken(text: str) -> str:
    """A text that stays on one line."""
    return text.replace(" ", "\u00a0").replace("-", "\u2011")


def _markup(message: str, /, **values: object) -> Markup:
    """A message with elements of HTML in it, its values escaped."""
    return Markup(gettext(message)).format(**values)
