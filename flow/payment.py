"""The table of the payment journey: from choosing Alipay with the bid to the settled payment of one won item."""

from flow import events as on
from flow.effects import Effect as Do
from flow.states import Payment as At
from flow.table import Move, Row, Table, row

_PAID: Move = (At.PAID, (Do.REPORT_PAID, Do.ANNOUNCE))

_PAID_BESIDE_A_LIVE_LINK: Move = (At.PAID, (Do.CLOSE_CHARGE, *_PAID[1]))

_USUAL: dict[type, tuple[Do, ...]] = {
    on.ChargeRepeated: (Do.REFUND_CHARGE,),
    on.ChargeDiffers: (Do.CALL_STAFF,),
    on.ChargeRefused: (),
    on.PastChargeRefused: (),
    on.ChargeUnclear: (Do.TELL_UNCLEAR,),
    on.RefundSettled: (Do.REPORT_REFUND, Do.ANNOUNCE),
    on.RefundRefused: (Do.CALL_STAFF,),
    on.SurplusRefunded: (Do.REPORT_REFUND, Do.ANNOUNCE),
    on.SurplusRefundRefused: (Do.CALL_STAFF,),
    on.RefundUnclear: (Do.TELL_UNCLEAR,),
    on.WonWithAlipay: (),
    on.WonOtherwise: (),
    on.OrderAmended: (),
    on.OrderRepriced: (),
    on.OrderCancelled: (),
    on.PaidElsewhere: (),
    on.AlipayLinked: (),
    on.AlipayNotOffered: (),
    on.LinkExpired: (),
    on.ChargeOverdue: (),
}

_DIFFERS: Row = {on.ChargeDiffers: (At.WITH_STAFF, (Do.CALL_STAFF, Do.ANNOUNCE))}


def _unpaid(state: At, own: Row) -> Row:
    """A won item that nobody has a link for."""
    return row(
        state,
        _USUAL,
        {
            on.ChargeSettled: _PAID,
            on.PastChargeSettled: _PAID,
            **_DIFFERS,
            on.OrderAmended: (state, (Do.SHOW,)),
            on.OrderRepriced: (state, (Do.ANNOUNCE,)),
            on.OrderCancelled: (At.CANCELLED, (Do.ANNOUNCE,)),
            on.PaidElsewhere: (At.PAID_ELSEWHERE, (Do.ANNOUNCE,)),
            on.WonOtherwise: (At.CHOOSING, (Do.SHOW,)),
            **own,
        },
    )


def _paying(state: At, own: Row) -> Row:
    """A won item with a link that can still be paid: whatever ends the order voids the link."""
    return _unpaid(
        state,
        {
            on.OrderRepriced: (At.WON, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.OrderCancelled: (At.CANCELLED, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.PaidElsewhere: (At.PAID_ELSEWHERE, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.WonOtherwise: (state, ()),
            on.PastChargeSettled: _PAID_BESIDE_A_LIVE_LINK,
            on.CancelPressed: (At.WON, (Do.CLOSE_CHARGE, Do.SHOW)),
            **own,
        },
    )


_IMPOSSIBLE: Row = {
    on.ChargeSettled: (At.WITH_STAFF, (Do.CALL_STAFF,)),
    on.PastChargeSettled: (At.WITH_STAFF, (Do.CALL_STAFF,)),
}
"""Money where no charge was ever asked for."""


def _over(state: At, own: Row) -> Row:
    """Nothing is to be paid any more: money that still comes goes back."""
    back: Move = (state, (Do.REFUND_CHARGE, Do.ANNOUNCE))
    return row(state, _USUAL, {on.ChargeSettled: back, on.PastChargeSettled: back, **own})


PAYMENT: Table = {
    At.WATCHING: row(
        At.WATCHING,
        _USUAL,
        {
            on.WonWithAlipay: (At.WON, (Do.ANNOUNCE,)),
            on.WonOtherwise: (At.CHOOSING, (Do.ANNOUNCE,)),
            on.CancelPressed: (At.WITHDRAWN, (Do.SHOW,)),
            on.AlipayLinked: (At.WATCHING, (Do.SHOW,)),
            on.AlipayNotOffered: (At.WATCHING, (Do.SHOW,)),
            **_IMPOSSIBLE,
            **_DIFFERS,
        },
    ),
    At.CHOOSING: _unpaid(
        At.CHOOSING,
        {
            on.AlipayChosen: (At.WON, (Do.SHOW,)),
            on.WonWithAlipay: (At.WON, (Do.ANNOUNCE,)),
            on.WonOtherwise: (At.CHOOSING, (Do.SHOW,)),
        },
    ),
    At.WON: _unpaid(At.WON, {on.PayPressed: (At.SELECTING, (Do.SHOW,))}),
    At.SELECTING: _unpaid(
        At.SELECTING,
        {
            on.UseAlipayPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WON, (Do.SHOW,)),
        },
    ),
    At.LINK_SENT: _paying(
        At.LINK_SENT,
        {
            on.LinkOpened: (At.OPENED, (Do.OPEN_CHARGE, Do.SHOW)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.LinkExpired: (At.LAPSED, (Do.SHOW,)),
        },
    ),
    At.OPENED: _paying(
        At.OPENED,
        {
            on.ChargeOpened: (At.OPENED, ()),
            on.ChargeRefused: (At.LAPSED, (Do.ANNOUNCE,)),
            on.ChargeOverdue: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.CheckPressed: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.SHOW)),
        },
    ),
    At.LAPSED: _unpaid(
        At.LAPSED,
        {
            on.NewLinkPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WON, (Do.SHOW,)),
        },
    ),
    At.PAID: row(
        At.PAID,
        {**_USUAL, on.ChargeSettled: (), on.PastChargeSettled: ()},
        {
            on.OrderRepriced: (At.PAID, (Do.CALL_STAFF,)),
            on.OrderCancelled: (At.PAID, (Do.CALL_STAFF,)),
            on.PaidElsewhere: (At.PAID, (Do.CALL_STAFF,)),
        },
    ),
    At.PAID_ELSEWHERE: _over(At.PAID_ELSEWHERE, {}),
    At.CANCELLED: _over(At.CANCELLED, {}),
    At.WITHDRAWN: row(
        At.WITHDRAWN,
        _USUAL,
        {
            on.WonWithAlipay: (At.WON, (Do.ANNOUNCE,)),
            on.WonOtherwise: (At.CHOOSING, (Do.ANNOUNCE,)),
            **_IMPOSSIBLE,
        },
    ),
    At.WITH_STAFF: row(
        At.WITH_STAFF,
        _USUAL,
        {
            **_IMPOSSIBLE,
            on.OrderCancelled: (At.CANCELLED, (Do.ANNOUNCE,)),
            on.PaidElsewhere: (At.PAID_ELSEWHERE, (Do.ANNOUNCE,)),
        },
    ),
}
