"""The shapes of made files. Belongs here: the list of them, and nothing else."""

import random
from collections.abc import Callable

from made_grid import Shape
from statistics_shapes import parquet, sas, spss, stata
from text_shapes import delimited, limesurvey, qualtrics, redcap, surveymonkey
from workbook_shapes import excel

#: Each draws one of its variants; the first is the widest.
SHAPES: tuple[Callable[[random.Random], Shape], ...] = (
    delimited, delimited, delimited, qualtrics, surveymonkey, limesurvey, redcap, excel, excel, spss, stata, sas, parquet,
)  # fmt: skip
