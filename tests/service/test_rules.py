from datetime import timedelta

from flow.money import Money
from tests.service.examples import RULES, TOKEN


def test_addresses_are_made_of_the_operators() -> None:
    assert RULES.landing(TOKEN) == f"https://pay.example.com/go/{TOKEN}"
    assert RULES.back(TOKEN) == f"https://pay.example.com/back/{TOKEN}"
    assert RULES.item("t1194609512") == "https://auction.example/item/t1194609512"


def test_what_the_article_and_the_gateway_say_unless_the_operator_says_otherwise() -> None:
    assert RULES.verification_amount == Money("JPY", 5)
    assert RULES.payment_time == timedelta(minutes=14)
    assert RULES.first_inquiry <= timedelta(seconds=60)
