from hypothesis import given
from hypothesis import strategies as st

from bot.wording import bounded, clean, units

ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included


@given(ANY_TEXT, st.integers(2, 40))
def test_a_bounded_text_fits_and_can_be_sent(text: str, most: int) -> None:
    short = bounded(text, most)
    assert units(short) <= most
    assert short.encode().decode() == short
    assert "\0" not in short
    assert "\n" not in short


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_pair_of_surrogates_is_never_cut_in_two() -> None:
    assert bounded("😀😀😀", 4) == "😀…"
    assert bounded("😀😀", 4) == "😀😀"


def test_what_people_see_stays_and_what_nobody_sees_goes() -> None:
    assert clean(" 昭和\nレトロ\t<b>&\0 👨‍👩‍👧 \ud83d ") == "昭和 レトロ <b>& 👨‍👩‍👧"


def test_marks_that_would_turn_an_amount_round_go() -> None:
    assert clean("\u202e00321\u202c JPY") == "00321 JPY"
