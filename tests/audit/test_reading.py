"""Reading anybody's table: what is taken for what, and what is refused, by its message."""

import pytest

from dagster_project.audit import Design, read_table, unknown_statistics
from dagster_project.audit.read import statistic_of
from dagster_project.results import ResultsError

HEADER = "label,timepoint,statistic,printed\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: the file is empty; the columns are label, timepoint, statistic, printed and, if known, table, "),
        ("label,timepoint,printed\n", "t.csv: line 1: the column 'statistic' is missing; the columns are label, "),
        ("label,timepoint,statistic,printed\n", "t.csv: the table has no rows; give one row a printed number"),
        ("label,timepoint,statistic,printed\nA,T1,n,ten\n", "t.csv: line 2: column printed: 'ten' is not a number; correct it or "),
        ("label,timepoint,statistic,printed\nA,T1,n,\n", "t.csv: line 2: column printed: an empty cell is not a number; "),
        ("label,timepoint,statistic,printed\nA,T1,mean,1,5\n", "t.csv: line 2: more cells than columns; put texts that hold ','"),
        ("label,timepoint,statistic,printed,items\nA,T1,n,9,2.5\n", "t.csv: line 2: column items: '2.5' is not a whole number above 0"),
        ("label,timepoint,statistic,printed,items,aggregate\nA,T1,n,9,2,max\n", "t.csv: line 2: column aggregate: 'max' is neither"),
        ("label,timepoint,statistic,printed,low\nA,T1,n,9,2\n", "t.csv: line 2: column high: an empty cell is not a number; "),
        ("label,timepoint,statistic,printed,high\nA,T1,n,9,2\n", "t.csv: line 2: column low: an empty cell is not a number; "),
        ("label,timepoint,statistic,printed,low,high\nA,T1,n,9,5,1\n", "t.csv: line 2: column low: 5 is above high, 1; correct them"),
        ("label,timepoint,statistic,printed,aggregate,low,high\nA,T1,n,9,sum,1,5\n",
         "t.csv: line 2: column items: an empty cell; low and high are those of an item, so the range of a sum needs the number"),
        ("label,timepoint,statistic,printed,items\nA,T1,n,9,inf\n", "t.csv: line 2: column items: 'inf' is not a number as tables print it"),
        (HEADER + "A,T1,mean,nan\n", "t.csv: line 2: column printed: 'nan' is not a number as tables print it; correct it"),
        (HEADER + "A,T1,mean,1e400\n", "t.csv: line 2: column printed: '1e400' is not a number as tables print it; correct it"),
        ("label;timepoint;statistic;printed\nA;T1;n;1.234\n",
         "t.csv: line 2: column printed: n '1.234' is not a whole number of people; if its separator marks thousands, remove it"),
        ("label;timepoint;statistic;printed\nA;T1;n;1.000\n",
         "t.csv: line 2: column printed: n '1.000' is not a whole number of people; if its separator marks thousands, remove it"),
        (HEADER + "A,T1,n,20.5\n", "t.csv: line 2: column printed: n '20.5' is not a whole number of people; correct it"),
        (HEADER + "A,T1,n,-20\n", "t.csv: line 2: column printed: n '-20' is not a whole number of people; correct it"),
        (HEADER + "A,T1,count,2.5\n", "t.csv: line 2: column printed: count '2.5' is not a whole number of people; correct it"),
        (HEADER + ",T1,n,20\n", "t.csv: line 2: column label: an empty cell; give the row a name"),
        (HEADER + "A,T1,n,20\nA,,mean,3\n", "t.csv: line 3: column timepoint: an empty cell; name the moment, such as T1, or "),
        ("label,timepoint,statistic,printed,printed\nA,T1,n,9,9\n", "t.csv: line 1: there are two columns 'printed'; keep one"),
        ("label,timepoint,statistic,printed,design\nA,T1,n,9,crossover\n",
         "t.csv: line 2: column design: 'crossover' must be paired, groups, model or other"),
        ("label,timepoint,statistic,printed,level\nA,T1,n,9,80\n", "t.csv: line 2: column level: '80' must be 90, 95 or 99"),
        ("\nsep=;\nlabel;timepoint;printed\n", "t.csv: line 3: the column 'statistic' is missing; "),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ResultsError) as error:
        read_table("t.csv", text)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_table_with_semicolons_decimal_commas_and_other_names_is_read() -> None:
    table = read_table(
        "t.csv", "Label;Timepoint;Statistic;Printed;items\n\nÄ;T1;Mean difference;−1,50;3\nÄ;T1;P-Value;< 0,001;\n"
    )
    assert [(value.line, value.label, value.statistic, value.value) for value in table.values] == [
        (3, "Ä", "change", -1.5),
        (4, "Ä", "p", 0.001),
    ]
    assert table.facts["", "Ä"].steps == 3
    assert unknown_statistics(table.values) == {}


def test_design_and_level_are_read_row_by_row_and_from_the_name_of_an_interval() -> None:
    table = read_table(
        "t.csv",
        "label,timepoint,statistic,printed,design,level\nA,A vs B,change,1,Groups,\nA,T1-T2,change,1,paired,90 %\n"
        "A,T1-T3,99% CI lower,1,,\n",
    )
    assert table.by_line == {2: Design("groups"), 3: Design("paired", 90), 4: Design(None, 99)}


def test_lines_before_the_header_are_passed_over_and_counted() -> None:
    table = read_table("t.csv", "\nsep=;\nlabel;timepoint;statistic;printed\nA;;mean;3,5\n")
    assert [(value.line, value.timepoint, value.printed) for value in table.values] == [(4, "", "3.5")]


@pytest.mark.parametrize(
    ("text", "statistic"),
    [
        ("95% CI lower", "ci_low"), ("CI upper (95%)", "ci_high"), ("Std. Dev.", "sd"), ("Cohen's d", "es"), ("%", "percent"),
        ("P value", "p"), ("p.value", "p"), ("Hedges’ g", "es"), ("ci95_low", "ci_low"), ("statistic", "statistic"),
    ],
)  # fmt: skip
def test_statistics_are_known_by_other_names(text: str, statistic: str) -> None:
    """'statistic' may be any test's: a chi-square is no t."""
    assert statistic_of(text) == statistic


@pytest.mark.parametrize(
    ("statistic", "cell", "value"),
    [
        ("n", '"1,234"', 1234), ("count", '"1,234,567"', 1234567), ("n", "1\u2009234", 1234), ("n", "1\u202f234", 1234),
        ("mean", "\u20101.5", -1.5), ("mean", "\u20111.5", -1.5), ("mean", "\ufe631.5", -1.5), ("mean", "\uff0d1.5", -1.5),
        ("p", "p < .001", 0.001), ("p", "P = .03", 0.03),
    ],
)  # fmt: skip
def test_numbers_are_read_as_tables_print_them(statistic: str, cell: str, value: float) -> None:
    (printed_value,) = read_table("t.csv", HEADER + f"A,T1,{statistic},{cell}\n").values
    assert printed_value.value == value
