"""Telephone numbers taken apart."""

import pytest

from admit.cli.importing.phones import Phone, parse
from admit.imports.records import Unfit


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+49 30 1234-56", "49", "30123456"),
        ("+49 (0)30 123456", "49", "30123456"),
        ("0049 30 123456", "49", "30123456"),
        ("+1 (201) 555-0123 x42", "1", "2015550123"),
        ("+7 495 1234567", "7", "4951234567"),
        ("+852 2345 6789", "852", "23456789"),
        ("+33.1.23.45.67.89", "33", "123456789"),
        ("13312345678", "86", "13312345678"),
        ("+86 133 1234 5678", "86", "13312345678"),
    ],
)
def test_a_number_is_its_country_and_the_rest(text: str, country: str, number: str):
    assert parse(text) == Phone(country, number)


@pytest.mark.parametrize("text", ["030 123456", "1 (201) 555-0123", "+", "00 1", "+2"])
def test_a_number_that_says_no_country_is_unfit(text: str):
    with pytest.raises(Unfit, match="no country code"):
        parse(text)
