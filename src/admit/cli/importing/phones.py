"""Telephone numbers as people write them, taken apart for services that ask for the country."""

import re
from dataclasses import dataclass

from admit.imports.records import Unfit

# ITU-T E.164, list of assigned country codes: 1 and 7 stand alone, some have two digits, all others three.
_COUNTRY = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}")
_EXTENSION = re.compile(r"\s*(?:x|ext\.?|#).*", re.IGNORECASE | re.DOTALL)
_TRUNK_ZERO = re.compile(r"\(0\)")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")
CHINA = "86"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in two parts, digits only."""

    country: str
    number: str


def parse(text: str) -> Phone:
    """The country code and the rest: of ``+49 (0)30 1234-56`` they are 49 and 30123456.

    A number without a country code is taken only if it is a Chinese mobile number written plainly, as the
    vendor's own documents write them; its extension is not kept.

    Raises:
        Unfit: the number says no country.
    """
    line = _EXTENSION.sub("", text.strip())
    if _CHINESE_MOBILE.fullmatch(line):
        return Phone(CHINA, line)
    if not line.startswith(("+", "00")):
        raise Unfit(f'the number "{text}" has no country code; write +49...')
    digits = re.sub(r"[^0-9]", "", _TRUNK_ZERO.sub("", line)).removeprefix("" if line[0] == "+" else "00")
    country = _COUNTRY.match(digits)
    # The shortest numbers, of small islands, have four digits.
    if country is None or len(digits) < country.end() + 4:
        raise Unfit(f'the number "{text}" has no country code; write +49...')
    return Phone(country[0], digits[country.end() :])
