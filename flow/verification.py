"""The table of the verification journey: the first two steps of a first-time buyer, and the money back.

The charge of 5 JPY is returned right after the verification (faq.buyee.jp/article/186). The account counts as linked
once the charge is settled: a refund that is late, refused or returned must not undo that.
"""

from flow import events as on
from flow.effects import Effect as Do
from flow.states import Verification as At
from flow.table import Move, Row, Table, row

_CHARGED: Move = (
    At.REFUNDING,
    (Do.CLOSE_CHARGE, Do.RECORD_LINKED, Do.REFUND_CHARGE, Do.REPORT_VERIFIED, Do.ANNOUNCE, Do.BEGIN_PAYMENT),
)

_USUAL: dict[type, tuple[Do, ...]] = {
    on.ChargeRepeated: (Do.REFUND_CHARGE, Do.TELL_MONEY),
    on.ChargeDiffers: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.ChargeReversed: (Do.REPORT_REFUND, Do.TELL_MONEY),
    on.ChargeRefused: (),
    on.PastChargeRefused: (),
    on.ChargeUnclear: (Do.TELL_UNCLEAR,),
    on.RefundSettled: (Do.REPORT_REFUND,),
    on.PartRefundSettled: (Do.REPORT_REFUND,),
    on.RefundRefused: (Do.CALL_STAFF,),
    on.RefundBounced: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.SurplusBounced: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.SurplusRefunded: (Do.REPORT_REFUND, Do.TELL_MONEY),
    on.SurplusRefundRefused: (Do.CALL_STAFF, Do.TELL_MONEY),
    on.AlipayLinked: (),
    on.AlipayUnlinked: (),
    on.AlipayNotOffered: (),
    on.LinkExpired: (),
    on.ChargeOverdue: (),
}

_DIFFERS: Row = {on.ChargeDiffers: (At.WITH_STAFF, (Do.CLOSE_CHARGE, Do.CALL_STAFF, Do.ANNOUNCE))}


def _uncharged(state: At, own: Row) -> Row:
    return row(state, _USUAL, {on.ChargeSettled: _CHARGED, on.ChargeSettledLate: _CHARGED, **own})


def _wanted(state: At, own: Row) -> Row:
    return _uncharged(
        state,
        {
            **_DIFFERS,
            on.CancelPressed: (At.WITHDRAWN, (Do.CLOSE_CHARGE, Do.SHOW)),
            on.AlipayLinked: (At.NOT_NEEDED, (Do.CLOSE_CHARGE, Do.ANNOUNCE, Do.BEGIN_PAYMENT)),
            on.AlipayNotOffered: (At.NOT_OFFERED, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
            **own,
        },
    )


def _charged(state: At, own: Row) -> Row:
    missed: Row = {on.RefundMissed: (state, (Do.TELL_REFUND,))}
    return row(state, {**_USUAL, on.ChargeSettled: (), on.ChargeSettledLate: ()}, {**missed, **own})


VERIFICATION: Table = {
    At.OFFERED: _wanted(At.OFFERED, {on.VerifyPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW))}),
    At.LINK_SENT: _wanted(
        At.LINK_SENT,
        {
            on.LinkOpened: (At.OPENED, (Do.OPEN_CHARGE, Do.SHOW)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.SHOW)),
            on.LinkExpired: (At.LAPSED, (Do.SHOW,)),
        },
    ),
    At.OPENED: _wanted(
        At.OPENED,
        {
            on.ChargeOpened: (At.OPENED, (Do.SHOW,)),
            on.ChargeRefused: (At.LAPSED, (Do.ANNOUNCE,)),
            on.ChargeOverdue: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.CheckPressed: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.SHOW)),
            on.AlipayLinked: (At.OPENED, ()),
            on.AlipayNotOffered: (At.OPENED, ()),
        },
    ),
    At.LAPSED: _wanted(At.LAPSED, {on.NewLinkPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW))}),
    At.REFUNDING: _charged(
        At.REFUNDING,
        {
            on.RefundSettled: (At.REFUNDED, (Do.REPORT_REFUND, Do.ANNOUNCE)),
            on.RefundRefused: (At.REFUND_STUCK, (Do.CALL_STAFF, Do.ANNOUNCE)),
        },
    ),
    At.REFUNDED: _charged(
        At.REFUNDED,
        {on.RefundBounced: (At.REFUND_STUCK, (Do.CALL_STAFF, Do.ANNOUNCE))},
    ),
    At.REFUND_STUCK: _charged(
        At.REFUND_STUCK,
        {on.RefundSettled: (At.REFUNDED, (Do.REPORT_REFUND, Do.ANNOUNCE))},
    ),
    At.WITHDRAWN: _uncharged(At.WITHDRAWN, {}),
    At.NOT_NEEDED: _uncharged(At.NOT_NEEDED, {}),
    At.NOT_OFFERED: _uncharged(At.NOT_OFFERED, {}),
    At.WITH_STAFF: _uncharged(At.WITH_STAFF, {on.SurplusRefunded: (At.OFFERED, (Do.REPORT_REFUND, Do.ANNOUNCE))}),
}
