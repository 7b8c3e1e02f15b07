"""The clean data set of a release: people, answers and scores with their labels and missing reasons, for SPSS, Stata, R,
Python.

Belongs here: what its variables are, reading them from a release, writing files that statistical programs open. Does not
belong here: any number that is computed of people (dbt, results/), the working file.
"""

from dagster_project.dataset.codebook import Category, Codebook, read_codebook
from dagster_project.dataset.table import SHAPES, DataSet, Shape, read_data_set
from dagster_project.dataset.variables import Variable
from dagster_project.dataset.write import FORMATS, WrittenFiles, write_data_set

__all__ = [
    "FORMATS",
    "SHAPES",
    "Category",
    "Codebook",
    "DataSet",
    "Shape",
    "Variable",
    "WrittenFiles",
    "read_codebook",
    "read_data_set",
    "write_data_set",
]
