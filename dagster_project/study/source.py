"""Sources: the survey service or database that an export is pulled from.

Belongs here: what a source may say, and which addresses are safe to send a password to. Does not belong here: asking a
service (pull/), what an export says besides (export.py).

A token or a password is never part of a definition: a source names the environment variable that holds it.
"""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from dagster_project.study.base import Definition, Text

#: How the address of an SQLite file begins.
SQLITE = "sqlite:"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
#: What REDCap and others give out as tokens: too long for a name without underscores.
_TOKEN = re.compile(r"[A-Z0-9]{24,}")
_KEY_OF_PSEUDONYMS = "WAVEHOUSE_PSEUDONYM_KEY"
_SECRET_KEYS = ("token", "password", "api_token", "api_key", "key", "secret", "passphrase")
_CODE_IN_PATH = re.compile(r"[A-Za-z0-9_-]{1,100}")


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_safe_address(url: str) -> bool:
    """Whether what is sent to an address cannot be read on the way: https, or this machine itself."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)))


def _service_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("this is no web address") from None
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("an address has no user name, password, ? or #: what is secret stands in an environment variable")
    if not is_safe_address(url):
        raise ValueError("only https is used, so that nobody reads the answers on the way; http for this machine itself")
    return url.rstrip("/")


def _variable_name(name: str) -> str:
    if name == _KEY_OF_PSEUDONYMS:
        raise ValueError(f"{name} holds the key of the pseudonyms, which is sent to nobody; use a variable of its own")
    if _VARIABLE.fullmatch(name) is None or _TOKEN.fullmatch(name):
        raise ValueError(
            "this is no name of an environment variable, such as REDCAP_TOKEN (capital letters, digits, underscores); it is"
            " not printed here in case it is the secret itself"
        )
    return name


def _code_in_path(code: str) -> str:
    if _CODE_IN_PATH.fullmatch(code) is None:
        raise ValueError("this is no id: letters, digits, _ and - only")
    return code


ServiceUrl = Annotated[str, AfterValidator(_service_url)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
IdInPath = Annotated[str, AfterValidator(_code_in_path)]
_TOKEN_VARIABLE = Field(description="the name of the environment variable that holds the token, e.g. REDCAP_TOKEN")
_PASSWORD_VARIABLE = Field(description="the name of the environment variable that holds the password, e.g. ODK_PASSWORD")


class ServiceSource(Definition):
    """What all sources share. title: its name in messages. readers: those that read what it sends. suffix: of its file."""

    title: ClassVar[str]
    readers: ClassVar[tuple[str, ...]]
    suffix: ClassVar[str] = ".csv"

    @model_validator(mode="before")
    @classmethod
    def _holds_no_secret(cls, content: object) -> object:
        for key in content if isinstance(content, dict) else ():
            if str(key).lower() in _SECRET_KEYS:
                variable = next((name for name in cls.model_fields if name.endswith("_variable")), "token_variable")
                raise ValueError(
                    f"{key}: a token or password is never written in a definition; put it into an environment variable and"
                    f" write that variable's name under {variable}"
                )
        return content

    @property
    def secret_variable(self) -> str | None:
        """The environment variable that holds its token or password; None if it needs none."""
        name = getattr(self, "token_variable", None) or getattr(self, "password_variable", None)
        return str(name) if name is not None else None

    def resolved(self, folder: Path) -> "ServiceSource":
        """The same, with paths as seen from a study's folder."""
        return self

    @property
    def cure_of_absence(self) -> str:
        """How its file comes into its folder, for messages."""
        return f"`wavehouse pull` brings it from {self.title}"

    @property
    def host(self) -> str:
        """Where it is, for messages."""
        return urlsplit(getattr(self, "url", "")).netloc


class RedcapApi(ServiceSource):
    """REDCap's API: the project's records, flat, raw."""

    title: ClassVar[str] = "REDCap"
    readers: ClassVar[tuple[str, ...]] = ("redcap",)

    url: ServiceUrl = Field(description="the address of the API, e.g. https://redcap.example.org/api")
    token_variable: VariableName = _TOKEN_VARIABLE
    report: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="the number of a report to take instead of all records, e.g. 17"
    )
    events: tuple[Text, ...] = Field(
        default=(), description="the events to take, by unique name, e.g. [t1_arm_1]; all if empty"
    )
    forms: tuple[Text, ...] = Field(
        default=(),
        description="the forms to take; all if empty; REDCap then leaves out the identifier, so name it under fields",
    )
    fields: tuple[Text, ...] = Field(default=(), description="single fields to take, e.g. [record_id]")
    survey_fields: bool = Field(
        default=False, description="whether to take each survey's timestamp and participant identifier (true or false)"
    )

    @model_validator(mode="after")
    def _report_or_selection(self) -> "RedcapApi":
        if self.report is not None and (self.events or self.forms or self.fields):
            raise ValueError("a report selects its own events, forms and fields; keep report, or keep the others")
        return self


class OdkCentral(ServiceSource):
    """ODK Central: a form's submissions, without repeats."""

    title: ClassVar[str] = "ODK Central"
    readers: ClassVar[tuple[str, ...]] = ("delimited",)

    url: ServiceUrl = Field(description="the server's address, e.g. https://odk.example.org")
    project: int = Field(gt=0, description="the project's number, e.g. 7")
    form: str = Field(min_length=1, description="the form's id, e.g. baseline")
    user: str = Field(min_length=1, description="the e-mail address of a user who may see the submissions")
    password_variable: VariableName = _PASSWORD_VARIABLE


class Kobo(ServiceSource):
    """KoboToolbox: a project's submissions, XML values and headers."""

    title: ClassVar[str] = "KoboToolbox"
    readers: ClassVar[tuple[str, ...]] = ("delimited",)

    url: ServiceUrl = Field(description="the server's address, e.g. https://eu.kobotoolbox.org")
    asset: IdInPath = Field(description="the project's id, as its address shows it, e.g. aXyZ123")
    token_variable: VariableName = _TOKEN_VARIABLE


class LimeSurvey(ServiceSource):
    """LimeSurvey's RemoteControl 2 over JSON-RPC: a survey's responses, codes."""

    title: ClassVar[str] = "LimeSurvey"
    readers: ClassVar[tuple[str, ...]] = ("limesurvey",)

    url: ServiceUrl = Field(
        description="the address of RemoteControl, e.g. https://example.org/index.php/admin/remotecontrol"
    )
    survey: int = Field(gt=0, description="the survey's number, e.g. 123456")
    user: str = Field(min_length=1, description="the name of a user who may export responses")
    password_variable: VariableName = _PASSWORD_VARIABLE
    language: str | None = Field(default=None, description="the export's language, e.g. en; the survey's own if left out")


class Qualtrics(ServiceSource):
    """Qualtrics' API: a survey's responses as CSV."""

    title: ClassVar[str] = "Qualtrics"
    readers: ClassVar[tuple[str, ...]] = ("qualtrics",)

    url: ServiceUrl = Field(description="the address of the data centre, e.g. https://fra1.qualtrics.com")
    survey: IdInPath = Field(description="the survey's id, e.g. SV_0123456789abcde")
    token_variable: VariableName = _TOKEN_VARIABLE
    use_labels: bool = Field(default=False, description="choice texts instead of numeric values (true or false)")
    time_zone: str | None = Field(
        default=None, description="the time zone of dates, e.g. Europe/London; Qualtrics' default if left out"
    )


def _database(address: str) -> str:
    if address.startswith(SQLITE) and len(address) > len(SQLITE):
        return address
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("this is no address of a database") from None
    if parts.scheme != "postgresql" or not parts.hostname or not parts.path.strip("/"):
        raise ValueError("give sqlite:FILE, a path below the study folder, or postgresql://user@host/database")
    if parts.password is not None or parts.query or parts.fragment:
        raise ValueError("an address has no password, ? or #: the password stands in an environment variable")
    return address


def _query(query: str) -> str:
    if re.match(r"(select|with)\b", query.lstrip(), re.IGNORECASE) is None:
        raise ValueError("a query begins with select or with: it only reads")
    if re.search(r"\border\s+by\b", query, re.IGNORECASE) is None:
        raise ValueError(
            "without order by the same rows may come in another order the next time, as if they were others; add order by"
            " and columns that tell all rows apart"
        )
    return query.strip().rstrip(";").rstrip()


class Sql(ServiceSource):
    """A query of a database: SQLite or PostgreSQL."""

    title: ClassVar[str] = "the database"
    readers: ClassVar[tuple[str, ...]] = ("parquet",)
    suffix: ClassVar[str] = ".parquet"

    database: Annotated[str, AfterValidator(_database)] = Field(
        description="sqlite:FILE, a path below the study folder, or postgresql://user@host/database"
    )
    query: Annotated[str, AfterValidator(_query)] = Field(
        description="the query, e.g. select * from answers where wave = 1 order by person"
    )
    password_variable: VariableName | None = Field(
        default=None, description="the name of the environment variable that holds the password, e.g. SURVEY_DB_PASSWORD"
    )
    certificates: str | None = Field(
        default=None,
        description="a file of certificates, below the study folder, that vouch for the server; this machine's by default",
    )

    @property
    def sqlite_file(self) -> str | None:
        """The path of SQLite's file, as declared; None for a server."""
        return self.database.removeprefix(SQLITE) if self.database.startswith(SQLITE) else None

    @property
    def host(self) -> str:
        if self.sqlite_file is not None:
            return Path(self.sqlite_file).name
        return urlsplit(self.database).netloc.rpartition("@")[2]

    def resolved(self, folder: Path) -> "Sql":
        certificates = None if self.certificates is None else str(folder / self.certificates)
        database = self.database if self.sqlite_file is None else SQLITE + str(folder / self.sqlite_file)
        return self.model_copy(update={"database": database, "certificates": certificates})


#: The keys of `source`: each service's own declaration.
SERVICES_IN_WORDS = "redcap_api, odk, kobo, limesurvey, qualtrics or sql"


class Source(Definition):
    """Where an export is pulled from: one service."""

    redcap_api: RedcapApi | None = Field(default=None, description="REDCap's API: url, token_variable")
    odk: OdkCentral | None = Field(default=None, description="ODK Central: url, project, form, user, password_variable")
    kobo: Kobo | None = Field(default=None, description="KoboToolbox: url, asset, token_variable")
    limesurvey: LimeSurvey | None = Field(default=None, description="LimeSurvey: url, survey, user, password_variable")
    qualtrics: Qualtrics | None = Field(default=None, description="Qualtrics: url, survey, token_variable")
    sql: Sql | None = Field(default=None, description="a database: database, query, password_variable")

    @model_validator(mode="after")
    def _is_of_one_service(self) -> "Source":
        if len(self._services) != 1:
            raise ValueError(f"an export has one source: write one of {SERVICES_IN_WORDS} here")
        return self

    @property
    def _services(self) -> list[ServiceSource]:
        values = (getattr(self, name) for name in type(self).model_fields)
        return [service for service in values if isinstance(service, ServiceSource)]

    @property
    def service(self) -> ServiceSource:
        """The declaration of its one service."""
        return self._services[0]

    @property
    def name(self) -> str:
        """The key under which its service is declared."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)
