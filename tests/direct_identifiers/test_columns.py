"""Columns are judged by their names and by all of their texts."""

import pytest

from dagster_project.direct_identifiers import column_findings, header_kind
from dagster_project.direct_identifiers.patterns import EMAIL, IP_ADDRESS, NAME, PHONE, POSTCODE


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("E-Mail", EMAIL), ("email_address", EMAIL), ("RecipientEmail", EMAIL), ("Courriel", EMAIL), ("Phone number", PHONE),
        ("Telefon", PHONE), ("téléphone", PHONE), ("mobile", PHONE), ("Postcode", POSTCODE), ("zip_code", POSTCODE),
        ("PLZ", POSTCODE), ("Code postal", POSTCODE), ("First Name", NAME), ("lastName", NAME), ("Nachname", NAME),
        ("prénom", NAME), ("IPAddress", IP_ADDRESS), ("itpss_1", None), ("nameless fear", None), ("phone_use_hours", None),
        ("Mailbox full", None), ("portability", None), ("age", None), ("", None),
    ],
)  # fmt: skip
def test_a_header_says_what_a_column_holds(header: str, kind: str | None) -> None:
    assert header_kind(header) == kind


def test_rows_are_counted_and_the_first_is_named() -> None:
    rows = {"020 7946 0123": [7, 3], "write to a@example.org": [5], "fine": [2, 4], "07700900123": [9]}
    findings = column_findings("Comment", rows)
    assert [(found.detection.kind, found.detection.is_certain, found.n_rows, found.row) for found in findings] == [
        (PHONE, True, 2, 3),
        (EMAIL, True, 1, 5),
        (PHONE, False, 1, 9),
    ]


def test_five_digits_are_a_postcode_where_the_column_says_so() -> None:
    assert column_findings("Number", {"10115": [2]}) == []
    (finding,) = column_findings("PLZ", {"10115": [2]})
    assert (finding.detection.kind, finding.detection.mask) == (POSTCODE, "99999")


def test_a_column_of_two_capitalised_words_that_are_all_different_is_one_of_names() -> None:
    names = {f"{first} {last}": [row] for row, (first, last) in enumerate(zip(_FIRST, _LAST, strict=True), start=2)}
    (finding,) = column_findings("Who", names)
    assert (finding.detection.kind, finding.detection.is_certain, finding.n_rows, finding.row) == (NAME, False, 6, 2)
    assert column_findings("Last name", names)[0].detection.is_certain
    categories = {"Very Satisfied": [2, 3, 4], "Not Satisfied": [5, 6], "Rather Satisfied": [7, 8], "Quite Happy": [9, 10, 11],
                  "Hardly Happy": [12, 13]}  # fmt: skip
    assert column_findings("How", categories) == []
    assert column_findings("Who", dict(list(names.items())[:4])) == []


_FIRST = ("Ada", "Grace", "Karl", "Marie", "Emmy", "Jean-Luc")
_LAST = ("Sample", "Muster", "Beispiel", "Exemple", "Example", "Test")
