"""Which buttons are open to the buyer in each state, in the order of their importance."""

from enum import StrEnum

from flow import events as on
from flow.states import Payment, State, Verification


class Act(StrEnum):
    """What a button does. The acts in `EVENT_OF` move the journey; the others open a page or ask for help."""

    VERIFY = "verify"
    CHOOSE_ALIPAY = "choose_alipay"
    PAY = "pay"
    USE_ALIPAY = "use_alipay"
    NEW_LINK = "new_link"
    CHECK = "check"
    CANCEL = "cancel"
    NOT_SEEN = "not_seen"
    OPEN_LINK = "open_link"
    OPEN_ITEM = "open_item"
    OPEN_PAYMENTS = "open_payments"
    SUPPORT = "support"


EVENT_OF: dict[Act, type[on.BuyerEvent]] = {
    Act.VERIFY: on.VerifyPressed,
    Act.CHOOSE_ALIPAY: on.AlipayChosen,
    Act.PAY: on.PayPressed,
    Act.USE_ALIPAY: on.UseAlipayPressed,
    Act.NEW_LINK: on.NewLinkPressed,
    Act.CHECK: on.CheckPressed,
    Act.CANCEL: on.CancelPressed,
    Act.NOT_SEEN: on.RefundMissed,
}

LINKS = frozenset({Act.OPEN_LINK, Act.OPEN_ITEM, Act.OPEN_PAYMENTS})

OFFERS: dict[State, tuple[Act, ...]] = {
    Verification.OFFERED: (Act.VERIFY, Act.CANCEL),
    Verification.LINK_SENT: (Act.OPEN_LINK, Act.NEW_LINK, Act.CANCEL),
    Verification.OPENED: (Act.OPEN_LINK, Act.CHECK, Act.NEW_LINK, Act.CANCEL),
    Verification.LAPSED: (Act.NEW_LINK, Act.CANCEL, Act.SUPPORT),
    Verification.REFUNDING: (Act.NOT_SEEN, Act.SUPPORT),
    Verification.REFUNDED: (Act.NOT_SEEN,),
    Verification.REFUND_STUCK: (Act.NOT_SEEN, Act.SUPPORT),
    Verification.WITHDRAWN: (),
    Verification.NOT_NEEDED: (),
    Verification.NOT_OFFERED: (Act.SUPPORT,),
    Verification.WITH_STAFF: (Act.SUPPORT,),
    Payment.WATCHING: (Act.OPEN_ITEM, Act.CANCEL),
    Payment.CHOOSING: (Act.CHOOSE_ALIPAY, Act.OPEN_PAYMENTS),
    Payment.WON: (Act.PAY,),
    Payment.SELECTING: (Act.USE_ALIPAY, Act.CANCEL),
    Payment.LINK_SENT: (Act.OPEN_LINK, Act.NEW_LINK, Act.CANCEL),
    Payment.OPENED: (Act.OPEN_LINK, Act.CHECK, Act.NEW_LINK, Act.CANCEL),
    Payment.LAPSED: (Act.NEW_LINK, Act.CANCEL, Act.SUPPORT),
    Payment.PAID: (),
    Payment.RETURNED: (Act.SUPPORT,),
    Payment.PAID_ELSEWHERE: (),
    Payment.CANCELLED: (),
    Payment.GONE: (Act.OPEN_PAYMENTS, Act.SUPPORT),
    Payment.WITHDRAWN: (),
    Payment.WITH_STAFF: (Act.SUPPORT,),
}
