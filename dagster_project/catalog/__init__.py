"""The catalogue: what the releases of several studies hold, in one file.

Belongs here: which releases go in and which are left out, the tables, how scales of several studies are told apart. Does not
belong here: making a release (release/), a number (results/).
"""

from dagster_project.catalog.build import Catalog, build_catalog
from dagster_project.catalog.instruments import ScaleStatistics, scale_statistics
from dagster_project.catalog.releases import CatalogedRelease, LeftOut, releases_of
from dagster_project.catalog.tables import CATALOG_TABLES

__all__ = [
    "CATALOG_TABLES",
    "Catalog",
    "CatalogedRelease",
    "LeftOut",
    "ScaleStatistics",
    "build_catalog",
    "releases_of",
    "scale_statistics",
]
