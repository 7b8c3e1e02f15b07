"""Services that people are asked about, as study.yaml declares them. Nothing else belongs here."""

from pydantic import Field

from dagster_project.study.base import Code, Definition, Text, WaveId


class Service(Definition):
    """A health care service that people may have used."""

    service: Code = Field(description="a code such as gp")
    label: str = Field(description="the service's name as tables print it")


class ServiceUse(Definition):
    """The services asked about, and in which waves."""

    waves: tuple[WaveId, ...] = Field(description="the waves in which services were asked about")
    services: tuple[Service, ...] = Field(min_length=1, description="the services, in table order")
    used: tuple[Text, ...] = Field(description="what an export writes for a service that was used, e.g. ['Yes', '1']")
    not_used: tuple[Text, ...] = Field(description="what an export writes for a service that was not used")
