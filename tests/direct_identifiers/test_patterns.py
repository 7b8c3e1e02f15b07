"""Made-up identifiers as they are written in four countries are found; what is only like them is not, or is a question."""

import pytest

from dagster_project.direct_identifiers import detections, mask
from dagster_project.direct_identifiers.patterns import EMAIL, IP_ADDRESS, NAME, PHONE, POSTCODE

#: Numbers that regulators set aside for fiction (Ofcom, NANPA 555-01xx, Bundesnetzagentur, Arcep), and addresses of example.org.
_WRITTEN = {
    "UK": {
        PHONE: ("020 7946 0123", "(020) 7946 0123", "+44 20 7946 0123", "07700 900123", "+44 (0)7700 900 123", "0161 496 0123"),
        POSTCODE: ("SW1A 1AA", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "EC1A 1BB"),
        NAME: ("Mr Example", "Mrs J. Example", "Dr Sample", "Ms Jones-Smith", "Prof. O'Example", "Sir Sample"),
    },
    "US": {
        PHONE: ("(212) 555-0123", "212-555-0123", "212.555.0123", "+1 212 555 0123", "1-212-555-0123", "+12125550123"),
        POSTCODE: ("NY 10001", "Beverly Hills, CA 90210", "10001-1234", "TX, 73301", "DC 20500-0003", "WA 98101"),
        NAME: ("Mr. Sample", "Ms. A. Sample", "Dr. Example", "Mrs. McSample", "Professor Example", "Miss Sample"),
    },
    "DE": {
        PHONE: ("030 23125123", "030/23125123", "(030) 23125 123", "+49 30 23125123", "0171 3920012", "0049 171 39200 12"),
        POSTCODE: ("D-10115 Berlin", "10115 Berlin", "80331 München", "D-50667 Köln", "01067 Dresden", "20095 Hamburg"),
        NAME: ("Herr Muster", "Frau Muster", "Frau Dr. Muster", "Herrn Muster", "Prof. Dr. Muster", "Frau Muster-Beispiel"),
    },
    "FR": {
        PHONE: ("01 99 00 12 34", "01.99.00.12.34", "01-99-00-12-34", "+33 1 99 00 12 34", "06 39 98 12 34", "0033 6 39 98 12 34"),
        POSTCODE: ("75001 Paris", "F-69001 Lyon", "13001 Marseille", "F-75008 Paris", "33000 Bordeaux", "59000 Lille"),
        NAME: ("M. Exemple", "Mme Exemple", "Madame Exemple", "Monsieur Exemple", "Mlle Exemple", "Dr Exemple"),
    },
}  # fmt: skip
_CASES = [(kind, text) for kinds in _WRITTEN.values() for kind, texts in kinds.items() for text in texts]
_ADDRESSES = (
    "a.person@example.org", "A_Person+study@mail.example.co.uk", "person (at) example (dot) org", "person[at]example.org",
    "jürgen@müller.example", "o'person@example.fr",
)  # fmt: skip
_SENTENCE = "Please call {} before noon"


@pytest.mark.parametrize(("kind", "text"), [*_CASES, *((EMAIL, text) for text in _ADDRESSES)])
def test_what_is_written_in_four_countries_is_found(kind: str, text: str) -> None:
    assert kind in [detection.kind for detection in detections(text)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, text in _CASES if kind in (PHONE, NAME)] + [(EMAIL, text) for text in _ADDRESSES],
)
def test_it_is_found_inside_a_sentence(kind: str, text: str) -> None:
    found = detections(_SENTENCE.format(text))
    assert (kind, True) in [(detection.kind, detection.is_certain) for detection in found]


@pytest.mark.parametrize("text", ["07700900123", "0171392001", "2125550123", "0199001234"])
def test_digits_alone_are_a_question(text: str) -> None:
    (detection,) = detections(text)
    assert (detection.kind, detection.is_certain) == (PHONE, False)
    assert detection.words == "what could be a telephone number"


@pytest.mark.parametrize(
    "text",
    [
        "", "3", "12345", "10115", "1234567", "0.0123456789012", "3.14159265358979", "-9", "2020-01-02 10:11:12.123",
        "01/02/2020 10:11", "01.02.2020", "1-2-2020", "5 - 10 years", "1 000 000", "0-10", "R_2xYz01234567890", "v1.2.3.4567",
        "1f3a0012-3456-7890-1234-567890abcdef", "no answer", "Very much", "Ms", "Dr", "Frau", "Herr Frau", "M. or F.", "T1 to T3",
        "F32 1A", "PHQ9 2AB1", "10 years or more", "18-24", "over 65s", "about 10000 Euro", "n = 12345 people", "I felt @home",
        "Mr or Mrs", "M1 to M20", "1,234,567.89", "12345678901234567890", "10.1186/s12888-022-04013-5",
    ],
)  # fmt: skip
def test_what_is_none_is_none(text: str) -> None:
    assert detections(text) == []


def test_an_ip_address_is_one_and_a_version_is_not() -> None:
    assert [(found.kind, found.mask) for found in detections("192.0.2.146")] == [(IP_ADDRESS, "999.9.9.999")]
    assert detections("1.2.3") == []
    assert detections("300.1.1.1") == []


def test_a_mask_says_the_shape_and_nothing_else() -> None:
    assert [found.mask for found in detections("write to a.person@example.org")] == ["x.xxxxxx@xxxxxxx.xxx"]
    assert mask("Zoë\n0123 " * 10) == "xxx 9999 xxx 9999 xxx 9999 xxx 9…"
