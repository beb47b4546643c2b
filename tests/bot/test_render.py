"""Every state in every language: what Telegram would take, and what the buyer must read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.constants import MessageLimit

from bot.cards import FACES, NOTES, REASONS
from bot.lists import ENDED
from bot.render import Message, render
from bot.wording import clean, units
from flow.journey import STATES as STATES_OF
from flow.journey import Journey, Kind, Reason
from flow.linked import Alipay
from flow.money import DECIMALS, Money
from flow.order import Fee
from flow.states import CLOSED, UNPAID, Payment, State, Verification
from flow.steps import Path
from sandbox.telegram.markup import parse_html
from service.digests import MOST_LINES
from service.staff import Call, Case
from service.texts import Texts
from service.views import DigestView, NoteView, PaymentsView, PressButton, StatusView, View
from tests.bot.examples import CHAT, IMAGE, NOW, SHOP, STATES, card_view, journey, order

LANGUAGES = ("en", "zh_Hans")
EVERY_CARD = [(language, kind, state) for language in LANGUAGES for kind, state in STATES]
MISCHIEF = "<b>&amp;</i>{shop}{0}\u202e%s" + "長" * 5000


def shown(texts: Texts, view: View) -> str:
    """The text as a buyer reads it, after Telegram's own parsing."""
    message = render(texts, view, SHOP)
    text = parse_html(message.text).text
    assert 0 < units(text) <= MessageLimit.MAX_TEXT_LENGTH
    return text


@pytest.mark.parametrize("kind", Kind)
def test_every_state_has_a_face(kind: Kind) -> None:
    assert set(FACES[kind]) == set(STATES_OF[kind])


@pytest.mark.parametrize(("language", "kind", "state"), EVERY_CARD)
def test_a_card_is_valid_and_fits_whatever_the_title(texts: Texts, language: str, kind: Kind, state: State) -> None:
    fees = tuple(Fee(label=MISCHIEF, amount=Money("JPY", n)) for n in range(50))
    wild = journey(kind, state, title=MISCHIEF, reason="RISK_REJECT", settled_by="c1")
    wild = replace(wild, order=order(MISCHIEF, fees) if wild.order else None)
    text = shown(texts, card_view(wild, language))
    assert "\u202e" not in text
    assert "None" not in text


@pytest.mark.parametrize(("language", "kind", "state"), EVERY_CARD)
def test_a_card_says_where_the_buyer_is(texts: Texts, language: str, kind: Kind, state: State) -> None:
    text = shown(texts, card_view(journey(kind, state), language))
    n = {"en": "Step ", "zh_Hans": "第 "}[language]
    assert (n in text) is not FACES[kind][state].ended


def test_the_step_is_counted_on_the_buyers_own_path(texts: Texts) -> None:
    first = shown(texts, card_view(journey(Kind.PAYMENT, Payment.SELECTING, path=Path.FIRST_TIME)))
    again = shown(texts, card_view(journey(Kind.PAYMENT, Payment.SELECTING, path=Path.RETURNING), "zh_Hans"))
    assert "Step 5 of 7 · Select Alipay\n▰▰▰▰▰▱▱\n" in first
    assert "第 3 步，共 5 步 · 选用支付宝\n▰▰▰▱▱\n" in again


def test_who_verifies_again_is_counted_on_the_first_time_path(texts: Texts) -> None:
    text = shown(texts, card_view(journey(Kind.VERIFICATION, Verification.OFFERED, path=Path.RETURNING)))
    assert "Step 1 of 7" in text


@pytest.mark.parametrize(
    ("language", "amount", "back"),
    [("en", "5 Japanese yen", "sends it back right away"), ("zh_Hans", "5日元", "随即原路退回")],
)
@pytest.mark.parametrize("state", [Verification.OFFERED, Verification.LINK_SENT])
def test_the_charge_and_its_return_are_told_before_the_link_is_opened(
    texts: Texts, state: Verification, language: str, amount: str, back: str
) -> None:
    text = shown(texts, card_view(journey(Kind.VERIFICATION, state), language))
    assert amount in text
    assert back in text


def test_money_under_way_is_not_called_arrived(texts: Texts) -> None:
    sent = shown(texts, card_view(journey(Kind.VERIFICATION, Verification.REFUNDING)))
    confirmed = shown(texts, card_view(journey(Kind.VERIFICATION, Verification.REFUNDED)))
    assert "Buyee sent 5 Japanese yen back just now" in sent
    assert "Alipay confirms that the 5 Japanese yen were sent back" in confirmed
    assert "balance" not in sent + confirmed


def test_a_payment_card_tells_parts_total_deadline_and_the_links_end(texts: Texts) -> None:
    text = shown(texts, card_view(journey(Kind.PAYMENT, Payment.LINK_SENT), "zh_Hans"))
    for line in (
        "商品价格：11,800日元",
        "Purchase fee：500日元",
        "合计：12,300日元",
        "付款截止：北京时间 11月25日 16:00",
        "链接有效期至：北京时间 11月23日 16:14",
    ):
        assert line in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_each_reason_for_a_refusal_has_its_own_words(texts: Texts, language: str, kind: Kind) -> None:
    state: State = Verification.LAPSED if kind is Kind.VERIFICATION else Payment.LAPSED
    cards = {shown(texts, card_view(journey(kind, state, reason=code), language)) for code in [*REASONS, "NEW_CODE"]}
    assert len(cards) == len(REASONS) + 1


def test_each_reason_of_ours_is_told_with_what_was_paid_and_what_is_due(texts: Texts) -> None:
    told = {
        Reason.TOO_LITTLE: "You paid 12,000 Japanese yen, which is less than the 12,300 Japanese yen that are due.",
        Reason.TOO_MUCH: "You paid 12,000 Japanese yen, which is more than the 12,300 Japanese yen that are due.",
        Reason.OTHER_CURRENCY: "You paid 12,000 Japanese yen, while 12,300 Japanese yen are due.",
    }
    for reason, words in told.items():
        view = card_view(journey(Kind.PAYMENT, Payment.WITH_STAFF, reason=reason))
        assert words in shown(texts, replace(view, paid=Money("JPY", 12000)))
    late = shown(texts, card_view(journey(Kind.PAYMENT, Payment.PAID, reason=Reason.LATE)))
    assert "Your payment came after the deadline" in late
    repriced = shown(texts, card_view(journey(Kind.PAYMENT, Payment.LINK_SENT, reason=Reason.REPRICED)))
    assert "12,300 Japanese yen are due now" in repriced
    quiet = shown(texts, card_view(journey(Kind.PAYMENT, Payment.PAID)))
    assert "deadline" not in quiet


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_ours_but_expiry_has_a_note(texts: Texts, language: str) -> None:
    assert set(NOTES) == set(Reason) - {Reason.EXPIRED}
    cards = {
        shown(texts, card_view(journey(Kind.PAYMENT, Payment.WITH_STAFF, reason=reason), language)) for reason in NOTES
    }
    assert len(cards) == len(NOTES)


def test_what_the_wallet_will_show_is_told_with_its_time_once_the_link_is_open(texts: Texts) -> None:
    view = card_view(journey(Kind.PAYMENT, Payment.OPENED))
    told = shown(texts, replace(view, estimate=Money("CNY", 61234), estimated_at=NOW))
    assert "In Alipay about 612.34 Chinese yuan, by the rate that Alipay gave on" in told
    assert "In Alipay about" not in shown(texts, view)
    untimed = shown(texts, replace(view, estimate=Money("CNY", 61234)))
    assert "In Alipay about" not in untimed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", Call)
def test_a_case_for_a_person_says_why_and_holds_the_ids(texts: Texts, language: str, why: Call) -> None:
    case = Case(buyer_id="b1", journey=journey(Kind.PAYMENT, Payment.PAID), about="p1-1", amount=Money("JPY", 5))
    view = NoteView(
        chat_id=-100, language=language, text="staff.case", values=case.values(), texts={"why": f"staff.{why}"}
    )
    text = shown(texts, view)
    assert texts(language, f"staff.{why}") == text.partition("\n")[0]
    for value in ("b1", "o1", "j1", "p1-1", "5 JPY"):
        assert value in text


def test_an_amount_in_a_note_is_written_the_readers_way(texts: Texts) -> None:
    view = NoteView(chat_id=CHAT, language="en", text="money.refunded", amounts={"amount": Money("CNY", 61234)})
    assert "612.34 Chinese yuan" in shown(texts, view)
    assert "612.34人民币" in shown(texts, replace(view, language="zh_Hans"))


def test_money_that_came_for_a_cancelled_order_is_accounted_for(texts: Texts) -> None:
    quiet = shown(texts, card_view(journey(Kind.PAYMENT, Payment.CANCELLED)))
    paid = shown(texts, card_view(journey(Kind.PAYMENT, Payment.CANCELLED, settled_by="c1")))
    assert "goes back to your Alipay account in full" not in quiet
    assert "goes back to your Alipay account in full" in paid


def test_the_image_of_a_payment_is_a_preview_and_never_another_scheme(texts: Texts) -> None:
    won = journey(Kind.PAYMENT, Payment.WON)
    assert won.order
    bad = replace(won, order=replace(won.order, image_url="alipays://image"))
    assert render(texts, card_view(won), SHOP).image_url == IMAGE
    assert render(texts, card_view(bad), SHOP).image_url is None


@given(title=st.text(min_size=1, max_size=80, alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_a_seller_wrote_comes_out_as_it_was_written(texts: Texts, title: str) -> None:
    heading = shown(texts, card_view(journey(Kind.PAYMENT, Payment.WON, title=f"[{title}]"))).partition("\n")[0]
    assert heading == clean(f"[{title}]")


@given(name=st.text())
def test_a_name_cannot_write_markup(texts: Texts, name: str) -> None:
    view = NoteView(chat_id=CHAT, language="en", text="connected", values={"name": f"[{name}]"})
    entities = parse_html(render(texts, view, SHOP).text).entities
    assert entities == ()


def unpaid(count: int, title: str = "Kokeshi") -> tuple[Journey, ...]:
    return tuple(journey(Kind.PAYMENT, Payment.WON, title=title, id=f"j{n}") for n in range(count))


def payments_view(journeys: tuple[Journey, ...], language: str = "en") -> PaymentsView:
    pressed = tuple(PressButton(id=f"b-{j.id}", act="item", subject=j.id) for j in journeys)
    return PaymentsView(chat_id=CHAT, language=language, journeys=journeys, buttons=pressed, zone="UTC")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_of_very_many_items_fits_and_counts_the_rest(texts: Texts, language: str) -> None:
    view = payments_view(unpaid(300, MISCHIEF), language)
    text = shown(texts, view)
    markup = render(texts, view, SHOP).keyboard
    assert markup
    assert len(markup.inline_keyboard) == 15
    assert "285" in text


def test_each_item_of_the_list_has_its_own_button(texts: Texts) -> None:
    markup = render(texts, payments_view(unpaid(2, "A & B")), SHOP).keyboard
    assert markup
    assert [(row[0].text, row[0].callback_data) for row in markup.inline_keyboard] == [
        ("1. A & B", "b-j0"),
        ("2. A & B", "b-j1"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_list_says_so_and_has_no_buttons(texts: Texts, language: str) -> None:
    assert shown(texts, payments_view((), language))
    assert render(texts, payments_view((), language), SHOP).keyboard is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("alipay", Alipay)
def test_the_status_tells_the_link_state_and_every_open_journey(texts: Texts, language: str, alipay: Alipay) -> None:
    view = StatusView(chat_id=CHAT, language=language, name=MISCHIEF, alipay=alipay, journeys=unpaid(50, MISCHIEF))
    assert "35" in shown(texts, view)


def test_a_status_without_a_name_or_a_journey(texts: Texts) -> None:
    text = shown(texts, StatusView(chat_id=CHAT, language="en", name=None, alipay=Alipay.LINKED, journeys=()))
    assert text.startswith("Your Alipay account is linked.")


def test_plain_text_keeps_the_words_and_loses_the_tags() -> None:
    message = Message(text="<b>A &lt;b&gt; &amp; C</b>\n\n2 &lt; 3")
    assert message.as_plain() == Message(text="A <b> & C\n\n2 < 3", html=False)


# Several wins in one message.

SETTLED = [state for state in Payment if state not in UNPAID]


def digest(*journeys: Journey, language: str = "en") -> DigestView:
    """A digest with a button for each item that is to be paid."""
    due = [shown.id for shown in journeys if shown.state in UNPAID]
    buttons = tuple(PressButton(id=f"b-{name}", act="item", subject=name) for name in due)
    return DigestView(chat_id=CHAT, language=language, journeys=journeys, buttons=buttons, zone="UTC")


def labels(texts: Texts, view: View) -> list[str]:
    keyboard = render(texts, view, SHOP).keyboard
    return [button.text for row in keyboard.inline_keyboard for button in row] if keyboard else []


def test_a_digest_shows_every_title_with_its_amount_deadline_and_button(texts: Texts) -> None:
    view = digest(*(journey(Kind.PAYMENT, Payment.WON, title=f"Item {n}", id=f"j{n}") for n in range(3)))
    text = shown(texts, view)
    assert text.startswith("Congratulations, you won 3 items!\nTap an item below to pay for it.\n\n1. Item 0\n")
    for n in range(3):
        assert f"{n + 1}. Item {n}\nTotal: 12,300 Japanese yen\nPlease pay by: Nov 25 08:00 UTC" in text
    assert labels(texts, view) == ["1. Item 0", "2. Item 1", "3. Item 2"]


@pytest.mark.parametrize("state", SETTLED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_to_be_paid_says_why_and_the_others_keep_their_numbers(
    texts: Texts, language: str, state: Payment
) -> None:
    items = [
        journey(Kind.PAYMENT, s, title=f"Item {s.name}", id=s.name) for s in (Payment.WON, state, Payment.CHOOSING)
    ]
    view = digest(*items, language=language)
    text = shown(texts, view)
    assert labels(texts, view) == ["1. Item WON", "3. Item CHOOSING"]
    [_, _, why, _] = text.split("\n\n")
    assert why.splitlines()[0] == f"2. Item {state.name}"
    assert len(why.splitlines()) == 2
    assert "12,300" not in why
    struck = f"<s>Item {state.name}</s>" in render(texts, view, SHOP).text
    assert struck is (state in CLOSED)


def test_each_end_has_its_own_words(texts: Texts) -> None:
    whys = {shown(texts, digest(journey(Kind.PAYMENT, state))) for state in ENDED}
    assert len(whys) == len(ENDED)
    assert set(ENDED) == set(SETTLED) - {Payment.WATCHING, Payment.WITHDRAWN}


@pytest.mark.parametrize("reason", [Reason.REPRICED, Reason.DEADLINE_MOVED])
def test_a_change_is_told_beside_the_new_amount(texts: Texts, reason: Reason) -> None:
    quiet = shown(texts, digest(journey(Kind.PAYMENT, Payment.WON)))
    told = shown(texts, digest(journey(Kind.PAYMENT, Payment.WON, reason=reason)))
    assert told.startswith(quiet)
    assert told != quiet


def test_where_nothing_is_left_to_pay_nobody_is_asked_to_tap(texts: Texts) -> None:
    view = digest(journey(Kind.PAYMENT, Payment.PAID), journey(Kind.PAYMENT, Payment.CANCELLED))
    assert "Tap" not in shown(texts, view)
    assert render(texts, view, SHOP).keyboard is None


WILD = st.text(st.characters(codec="utf-8"), max_size=400) | st.sampled_from([MISCHIEF, "🧧" * 300, "<" * 300])
DEAREST = st.builds(Money, st.sampled_from(sorted(DECIMALS)), st.integers(1, 10**16 - 1))
ANY_STATE = st.sampled_from(Payment) | st.just(Payment.WON)


@st.composite
def wins(draw: st.DrawFn) -> Journey:
    """A journey in any state, with any title, amount and deadline."""
    item = order(draw(WILD))
    pay_by = draw(st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)))  # noqa: DTZ001
    won = replace(item, total=draw(DEAREST), pay_by=pay_by)
    shown = journey(Kind.PAYMENT, draw(ANY_STATE), reason=draw(st.sampled_from([None, *Reason])))
    return replace(shown, order=won)


@pytest.mark.parametrize("language", LANGUAGES)
@given(items=st.lists(wins(), min_size=2, max_size=MOST_LINES))
def test_a_digest_fits_whatever_it_shows(texts: Texts, language: str, items: list[Journey]) -> None:
    view = digest(*(replace(item, id=f"j{n}") for n, item in enumerate(items)), language=language)
    text = shown(texts, view)
    assert text.count("\n\n") == len(items)
    assert len(labels(texts, view)) == len(view.buttons) <= 100


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("currency", sorted(DECIMALS))
def test_the_longest_digest_fits(texts: Texts, language: str, currency: str) -> None:
    longest = replace(order(MISCHIEF), total=Money(currency, 10**16 - 1))
    item = replace(journey(Kind.PAYMENT, Payment.WON, reason=Reason.DEADLINE_MOVED), order=longest)
    view = digest(*(replace(item, id=f"j{n}") for n in range(MOST_LINES)), language=language)
    assert 2000 < units(shown(texts, view)) <= MessageLimit.MAX_TEXT_LENGTH
    assert len(labels(texts, view)) == MOST_LINES <= 100
