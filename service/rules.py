"""The rules of the house that an operator may set, as the use cases need them."""

from dataclasses import dataclass, field
from datetime import timedelta

from flow.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the auction house has not published is a rule, never a text.

    `shop` and `verification_label` are what the wallet shows: who is paid, and what the verification charge is for.
    `verification_amount` is the article's 5 JPY (faq.buyee.jp/article/186); `payment_time` is how long a link can be
    paid, Antom's own default being 14 minutes (docs.antom.com/ac/antomop/alipay_cn). A refund that is not final
    within `refund_time` raises an alarm; an opened charge is asked about for `inquiry_time`, as long as Antom repeats
    its notices (docs.antom.com/ac/ams/notify_refund). `reminder_ladder` is how long before a deadline the buyer is
    reminded; `snooze_time` how long that can be put off at once. Every connected buyer's unpaid orders are compared
    with the auction house's once in `orders_time`, some of them every `orders_turn`; one that is not listed there is
    looked for again after `second_look`. What is kept for a time only is kept for `retention`.
    """

    shop: str
    verification_label: str
    public_url: str
    item_url: str
    payments_url: str | None = None
    support_chat_id: int | None = None
    verification_amount: Money = field(default_factory=lambda: Money("JPY", 5))
    payment_time: timedelta = timedelta(minutes=14)
    button_time: timedelta = timedelta(days=30)
    first_inquiry: timedelta = timedelta(seconds=60)
    refund_time: timedelta = timedelta(minutes=10)
    inquiry_time: timedelta = timedelta(hours=24)
    sweep_interval: timedelta = timedelta(seconds=60)
    reminder_ladder: tuple[timedelta, ...] = (timedelta(hours=24), timedelta(hours=6), timedelta(hours=1))
    snooze_time: timedelta = timedelta(hours=1)
    orders_time: timedelta = timedelta(hours=6)
    orders_turn: timedelta = timedelta(seconds=10)
    second_look: timedelta = timedelta(minutes=10)
    retention: timedelta = timedelta(days=90)
    tidy_interval: timedelta = timedelta(hours=1)

    def landing(self, token: str) -> str:
        """The address of a charge's landing page."""
        return f"{self.public_url}/go/{token}"

    def back(self, token: str) -> str:
        """Where the gateway sends the buyer back to."""
        return f"{self.public_url}/back/{token}"

    def item(self, auction_id: str) -> str:
        """The address of an item at the auction house."""
        return self.item_url.replace("{auction_id}", auction_id)
