"""The table of the payment journey: from choosing Alipay with the bid to the settled payment of one won item."""

from flow import events as on
from flow.effects import Effect as Do
from flow.states import Payment as At
from flow.table import Move, Row, Table, row

_PAID: Move = (At.PAID, (Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.ANNOUNCE))

_PAID_LATE: Move = (At.PAID, (Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.CALL_STAFF, Do.ANNOUNCE))

_USUAL: dict[type, tuple[Do, ...]] = {
    on.ChargeRepeated: (Do.REFUND_CHARGE, Do.TELL_MONEY),
    on.ChargeDiffers: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.ChargeReversed: (Do.REPORT_REFUND, Do.TELL_MONEY),
    on.ChargeRefused: (),
    on.PastChargeRefused: (),
    on.ChargeUnclear: (Do.TELL_UNCLEAR,),
    on.RefundSettled: (Do.REPORT_REFUND, Do.TELL_MONEY),
    on.PartRefundSettled: (Do.REPORT_REFUND, Do.TELL_MONEY),
    on.RefundRefused: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.RefundBounced: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.SurplusBounced: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.SurplusRefunded: (Do.REPORT_REFUND, Do.TELL_MONEY),
    on.SurplusRefundRefused: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.WonWithAlipay: (),
    on.WonOtherwise: (),
    on.OrderAmended: (),
    on.DeadlineMoved: (),
    on.OrderRepriced: (),
    on.OrderReopened: (),
    on.OrderCancelled: (),
    on.PaidElsewhere: (),
    on.OrderGone: (),
    on.AlipayLinked: (),
    on.AlipayUnlinked: (),
    on.AlipayNotOffered: (),
    on.LinkExpired: (),
    on.ChargeOverdue: (),
}

_DIFFERS: Row = {on.ChargeDiffers: (At.WITH_STAFF, (Do.CLOSE_CHARGE, Do.CALL_STAFF, Do.ANNOUNCE))}


def _relinked(state: At) -> Row:
    """Before a link is issued, the path follows the link state."""
    return {on.AlipayLinked: (state, (Do.SHOW,)), on.AlipayUnlinked: (state, (Do.SHOW,))}


def _unpaid(state: At, own: Row) -> Row:
    """A won item that is to be paid: whatever ends the order voids its link."""
    return row(
        state,
        _USUAL,
        {
            on.ChargeSettled: _PAID,
            on.ChargeSettledLate: _PAID_LATE,
            **_DIFFERS,
            on.WonWithAlipay: (state, (Do.SHOW,)),
            on.OrderAmended: (state, (Do.SHOW,)),
            on.DeadlineMoved: (state, (Do.ANNOUNCE,)),
            on.OrderRepriced: (state, (Do.ANNOUNCE,)),
            on.OrderCancelled: (At.CANCELLED, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.PaidElsewhere: (At.PAID_ELSEWHERE, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.OrderGone: (At.GONE, (Do.CLOSE_CHARGE, Do.REPORT_GONE, Do.ANNOUNCE)),
            on.WonOtherwise: (At.CHOOSING, (Do.SHOW,)),
            **own,
        },
    )


def _paying(state: At, own: Row) -> Row:
    """A won item with a link that can still be paid: a new price replaces the link, too."""
    return _unpaid(
        state,
        {
            on.OrderRepriced: (At.LINK_SENT, (Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.ANNOUNCE)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WON, (Do.CLOSE_CHARGE, Do.SHOW)),
            on.WonOtherwise: (state, (Do.SHOW,)),
            **own,
        },
    )


_IMPOSSIBLE: Row = {
    on.ChargeSettled: (At.WITH_STAFF, (Do.CALL_STAFF, Do.ANNOUNCE)),
    on.ChargeSettledLate: (At.WITH_STAFF, (Do.CALL_STAFF, Do.ANNOUNCE)),
}
"""Money where no charge was ever asked for."""


_WON: Row = {on.WonWithAlipay: (At.WON, (Do.ANNOUNCE,)), on.WonOtherwise: (At.CHOOSING, (Do.ANNOUNCE,))}


def _over(state: At) -> Row:
    """Nothing is to be paid, until the auction house says that it is: money that still comes goes back."""
    back: Move = (state, (Do.REFUND_CHARGE, Do.ANNOUNCE))
    reopened: Move = (state, (Do.CALL_STAFF,))
    return row(state, _USUAL, {on.ChargeSettled: back, on.ChargeSettledLate: back, **_WON, on.OrderReopened: reopened})


def _paid(state: At, own: Row) -> Row:
    """Paid, and passed on to the auction house: what it changes now, a person has to look at."""
    return row(
        state,
        {**_USUAL, on.ChargeSettled: (), on.ChargeSettledLate: ()},
        {
            on.OrderRepriced: (state, (Do.CALL_STAFF,)),
            on.OrderCancelled: (state, (Do.CALL_STAFF,)),
            on.PaidElsewhere: (state, (Do.CALL_STAFF,)),
            **own,
        },
    )


PAYMENT: Table = {
    At.WATCHING: row(
        At.WATCHING,
        _USUAL,
        {
            **_WON,
            on.CancelPressed: (At.WITHDRAWN, (Do.SHOW,)),
            **_relinked(At.WATCHING),
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
            **_relinked(At.CHOOSING),
        },
    ),
    At.WON: _unpaid(At.WON, {on.PayPressed: (At.SELECTING, (Do.SHOW,)), **_relinked(At.WON)}),
    At.SELECTING: _unpaid(
        At.SELECTING,
        {
            on.UseAlipayPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WON, (Do.SHOW,)),
            **_relinked(At.SELECTING),
        },
    ),
    At.LINK_SENT: _paying(
        At.LINK_SENT,
        {
            on.LinkOpened: (At.OPENED, (Do.OPEN_CHARGE, Do.SHOW)),
            on.LinkExpired: (At.LAPSED, (Do.SHOW,)),
        },
    ),
    At.OPENED: _paying(
        At.OPENED,
        {
            on.ChargeOpened: (At.OPENED, (Do.SHOW,)),
            on.ChargeRefused: (At.LAPSED, (Do.ANNOUNCE,)),
            on.ChargeOverdue: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.CheckPressed: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.OrderGone: (At.OPENED, ()),
        },
    ),
    At.LAPSED: _unpaid(
        At.LAPSED,
        {
            on.NewLinkPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WON, (Do.SHOW,)),
        },
    ),
    At.PAID: _paid(At.PAID, {on.RefundSettled: (At.RETURNED, (Do.REPORT_REFUND, Do.ANNOUNCE))}),
    At.RETURNED: _paid(At.RETURNED, {}),
    At.PAID_ELSEWHERE: _over(At.PAID_ELSEWHERE),
    At.CANCELLED: _over(At.CANCELLED),
    At.GONE: row(
        At.GONE,
        _USUAL,
        {
            **_WON,
            on.OrderCancelled: (At.CANCELLED, (Do.ANNOUNCE,)),
            on.PaidElsewhere: (At.PAID_ELSEWHERE, (Do.ANNOUNCE,)),
            **_IMPOSSIBLE,
        },
    ),
    At.WITHDRAWN: row(
        At.WITHDRAWN,
        _USUAL,
        {
            **_WON,
            **_IMPOSSIBLE,
        },
    ),
    At.WITH_STAFF: row(
        At.WITH_STAFF,
        _USUAL,
        {
            on.ChargeSettled: _PAID,
            on.ChargeSettledLate: _PAID_LATE,
            on.OrderCancelled: (At.CANCELLED, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.PaidElsewhere: (At.PAID_ELSEWHERE, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            on.SurplusRefunded: (At.WON, (Do.REPORT_REFUND, Do.ANNOUNCE)),
        },
    ),
}
