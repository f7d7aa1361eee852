"""Pages follow each other without a gap, and only tokens that were given out ask for one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.errors import InvalidNextToken
from admit.rpc.paging import GREATEST, marker, offset_of, page, place_of, token


def encoded(text: str) -> str:
    return "NT" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("number", "size", "expected"),
    [
        (None, None, (0, 20)),
        (1, 20, (0, 20)),
        (2, 20, (20, 20)),
        (3, 7, (14, 7)),
        (None, 5, (0, 5)),
        (2, None, (20, 20)),
        (2, 0, (20, 20)),
    ],
)
def test_a_numbered_page_begins_where_the_one_before_ended_and_a_size_of_0_is_the_default(
    number, size, expected
):
    assert page(number, size, default=20) == expected


@given(total=st.integers(0, 60), limit=st.integers(1, 20))
def test_from_token_to_token_everything_is_shown_once(total, limit):
    shown, next_token = [], None
    for _ in range(total + 2):
        offset = offset_of(next_token)
        shown += range(total)[offset : offset + limit]
        next_token = token(offset, limit, total)
        if next_token is None:
            break
    assert next_token is None
    assert shown == list(range(total))


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_a_token_is_plain_text_that_asks_for_what_comes_after(offset, limit):
    given_out = token(offset, limit, offset + limit + 1)

    assert given_out is not None
    assert given_out.replace("-", "").replace("_", "").isalnum()
    assert offset_of(given_out) == offset + limit


@pytest.mark.parametrize("absent", [None, ""])
def test_no_token_asks_for_the_first_page(absent):
    assert offset_of(absent) == 0


@pytest.mark.parametrize(
    "foreign",
    [
        "NT",
        "nt" + encoded("o20")[2:],
        encoded("o20")[2:],
        encoded("20"),
        encoded("o"),
        encoded("o-20"),
        encoded("o2 0"),
        encoded("x20"),
        encoded("o\u0661"),
        encoded("o0"),
        encoded("o020"),
        encoded("o+20"),
        encoded("o1_0"),
        encoded("o" + "9" * 16),
        encoded("o" + "9" * 5000),
        encoded("o20") + "!",
        encoded("o20") + "====",
        "NT\u0661",
        "NT\x00",
        "20",
    ],
)
def test_a_token_that_was_not_given_out_is_refused(foreign):
    with pytest.raises(InvalidNextToken) as refused:
        offset_of(foreign)
    assert (refused.value.full_code, refused.value.status) == ("InvalidParameter.NextToken", 400)


@given(st.text(max_size=12))
def test_any_text_is_a_token_or_refused(text):
    try:
        offset = offset_of("NT" + text)
    except InvalidNextToken:
        return
    assert offset >= 0


@given(place=st.lists(st.integers(1, GREATEST), min_size=1, max_size=3))
def test_a_marker_names_the_place_it_was_made_of(place):
    assert place_of(marker(*place), len(place)) == tuple(place)


@pytest.mark.parametrize("given", [None, ""])
def test_without_a_marker_a_list_is_read_from_its_beginning(given):
    assert place_of(given) is None


@pytest.mark.parametrize(
    "forged",
    [
        "elsewhere",
        "MK",
        marker(0),
        marker(-1),
        marker(1, 2),
        marker(GREATEST + 1),
        token(0, 1, 2),
        marker(7) + "=",
        "MK" + encoded("1_0")[2:],
        "MK" + encoded("01")[2:],
        "MK" + encoded("\u0661")[2:],
    ],
)
def test_a_marker_that_was_not_given_out_is_refused(forged):
    with pytest.raises(InvalidNextToken):
        place_of(forged)
