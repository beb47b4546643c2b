"""Where a journey can stand, and the article's step that each place belongs to.

Plain enums: as texts, `link_sent` of one journey would equal `link_sent` of the other.
"""

from enum import Enum

from flow.steps import Step


class Verification(Enum):
    """The verification of a buyer's Alipay account: charge, link, refund."""

    OFFERED = "offered"
    LINK_SENT = "link_sent"
    OPENED = "opened"
    LAPSED = "lapsed"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REFUND_STUCK = "refund_stuck"
    WITHDRAWN = "withdrawn"
    NOT_NEEDED = "not_needed"
    NOT_OFFERED = "not_offered"
    WITH_STAFF = "with_staff"


class Payment(Enum):
    """The payment of one item, from the bid to the money."""

    WATCHING = "watching"
    CHOOSING = "choosing"
    WON = "won"
    SELECTING = "selecting"
    LINK_SENT = "link_sent"
    OPENED = "opened"
    LAPSED = "lapsed"
    PAID = "paid"
    RETURNED = "returned"
    PAID_ELSEWHERE = "paid_elsewhere"
    CANCELLED = "cancelled"
    GONE = "gone"
    WITHDRAWN = "withdrawn"
    WITH_STAFF = "with_staff"


State = Verification | Payment

STEP_OF: dict[State, Step] = {
    Verification.OFFERED: Step.VERIFY_ACCOUNT,
    Verification.LINK_SENT: Step.VERIFY_ACCOUNT,
    Verification.OPENED: Step.LOG_IN,
    Verification.LAPSED: Step.VERIFY_ACCOUNT,
    Verification.REFUNDING: Step.CHOOSE_ALIPAY,
    Verification.REFUNDED: Step.CHOOSE_ALIPAY,
    Verification.REFUND_STUCK: Step.CHOOSE_ALIPAY,
    Verification.WITHDRAWN: Step.VERIFY_ACCOUNT,
    Verification.NOT_NEEDED: Step.CHOOSE_ALIPAY,
    Verification.NOT_OFFERED: Step.VERIFY_ACCOUNT,
    Verification.WITH_STAFF: Step.LOG_IN,
    Payment.WATCHING: Step.CHOOSE_ALIPAY,
    Payment.CHOOSING: Step.CHOOSE_ALIPAY,
    Payment.WON: Step.OPEN_PAYMENT,
    Payment.SELECTING: Step.USE_ALIPAY,
    Payment.LINK_SENT: Step.PAY_IN_ALIPAY,
    Payment.OPENED: Step.PAY_IN_ALIPAY,
    Payment.LAPSED: Step.PAY_IN_ALIPAY,
    Payment.PAID: Step.COMPLETED,
    Payment.RETURNED: Step.COMPLETED,
    Payment.PAID_ELSEWHERE: Step.COMPLETED,
    Payment.CANCELLED: Step.OPEN_PAYMENT,
    Payment.GONE: Step.PAY_IN_ALIPAY,
    Payment.WITHDRAWN: Step.CHOOSE_ALIPAY,
    Payment.WITH_STAFF: Step.PAY_IN_ALIPAY,
}

CLOSED: frozenset[State] = frozenset(
    {
        Verification.REFUNDED,
        Verification.WITHDRAWN,
        Verification.NOT_NEEDED,
        Verification.NOT_OFFERED,
        Payment.PAID,
        Payment.RETURNED,
        Payment.PAID_ELSEWHERE,
        Payment.CANCELLED,
        Payment.GONE,
        Payment.WITHDRAWN,
    }
)
"""Where the buyer has nothing left to do; money that still moves is recorded all the same."""

VERIFYING: frozenset[State] = frozenset(
    {Verification.OFFERED, Verification.LINK_SENT, Verification.OPENED, Verification.LAPSED}
)
"""Where the verification's charge is still to come, so that choosing Alipay with a bid has to wait."""

UNPAID: frozenset[State] = frozenset(
    {
        Payment.CHOOSING,
        Payment.WON,
        Payment.SELECTING,
        Payment.LINK_SENT,
        Payment.OPENED,
        Payment.LAPSED,
    }
)
"""What the list of unpaid won items shows."""

KEEPS: frozenset[State] = frozenset({Verification.REFUNDING, Payment.PAID})
"""Where a charge that settles is what was waited for; anywhere else its money is held until it is decided about."""

BEFORE_LINK: frozenset[State] = frozenset({Payment.WATCHING, Payment.CHOOSING, Payment.WON, Payment.SELECTING})
"""Where a payment's path still follows the buyer's link state."""
