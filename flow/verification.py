"""The table of the verification journey: the first two steps of a first-time buyer, and the money back.

The charge of 5 JPY is returned right after the verification (faq.buyee.jp/article/186). The account counts as linked
once the charge is settled: a refund that is late must not undo that.
"""

from flow import events as on
from flow.effects import Effect as Do
from flow.states import Verification as At
from flow.table import Move, Row, Table, row

_CHARGED: Move = (
    At.REFUNDING,
    (Do.RECORD_LINKED, Do.REFUND_CHARGE, Do.REPORT_VERIFIED, Do.ANNOUNCE, Do.BEGIN_PAYMENT),
)

_CHARGED_BESIDE_A_LIVE_LINK: Move = (At.REFUNDING, (Do.CLOSE_CHARGE, *_CHARGED[1]))

_USUAL: dict[type, tuple[Do, ...]] = {
    on.ChargeRepeated: (Do.REFUND_CHARGE,),
    on.ChargeDiffers: (Do.CALL_STAFF,),
    on.ChargeRefused: (),
    on.PastChargeRefused: (),
    on.ChargeUnclear: (Do.TELL_UNCLEAR,),
    on.RefundSettled: (Do.REPORT_REFUND,),
    on.RefundRefused: (Do.CALL_STAFF,),
    on.SurplusRefunded: (Do.REPORT_REFUND,),
    on.SurplusRefundRefused: (Do.CALL_STAFF,),
    on.RefundUnclear: (Do.TELL_UNCLEAR,),
    on.AlipayLinked: (),
    on.AlipayNotOffered: (),
    on.LinkExpired: (),
    on.ChargeOverdue: (),
}


def _uncharged(state: At, own: Row) -> Row:
    return row(state, _USUAL, {on.ChargeSettled: _CHARGED, on.PastChargeSettled: _CHARGED, **own})


def _live(state: At, own: Row) -> Row:
    return _uncharged(state, {on.PastChargeSettled: _CHARGED_BESIDE_A_LIVE_LINK, **own})


def _charged(state: At, own: Row) -> Row:
    return row(state, {**_USUAL, on.ChargeSettled: (), on.PastChargeSettled: ()}, own)


VERIFICATION: Table = {
    At.OFFERED: _uncharged(
        At.OFFERED,
        {
            on.VerifyPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WITHDRAWN, (Do.SHOW,)),
            on.AlipayLinked: (At.NOT_NEEDED, (Do.ANNOUNCE, Do.BEGIN_PAYMENT)),
            on.AlipayNotOffered: (At.NOT_OFFERED, (Do.ANNOUNCE,)),
        },
    ),
    At.LINK_SENT: _live(
        At.LINK_SENT,
        {
            on.LinkOpened: (At.OPENED, (Do.OPEN_CHARGE, Do.SHOW)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.LinkExpired: (At.LAPSED, (Do.SHOW,)),
            on.CancelPressed: (At.WITHDRAWN, (Do.CLOSE_CHARGE, Do.SHOW)),
            on.AlipayLinked: (At.NOT_NEEDED, (Do.CLOSE_CHARGE, Do.ANNOUNCE, Do.BEGIN_PAYMENT)),
            on.AlipayNotOffered: (At.NOT_OFFERED, (Do.CLOSE_CHARGE, Do.ANNOUNCE)),
        },
    ),
    At.OPENED: _live(
        At.OPENED,
        {
            on.ChargeOpened: (At.OPENED, ()),
            on.ChargeRefused: (At.LAPSED, (Do.ANNOUNCE,)),
            on.ChargeOverdue: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.CheckPressed: (At.OPENED, (Do.ASK_GATEWAY,)),
            on.NewLinkPressed: (At.LINK_SENT, (Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WITHDRAWN, (Do.CLOSE_CHARGE, Do.SHOW)),
        },
    ),
    At.LAPSED: _uncharged(
        At.LAPSED,
        {
            on.NewLinkPressed: (At.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
            on.CancelPressed: (At.WITHDRAWN, (Do.SHOW,)),
            on.AlipayLinked: (At.NOT_NEEDED, (Do.ANNOUNCE, Do.BEGIN_PAYMENT)),
            on.AlipayNotOffered: (At.NOT_OFFERED, (Do.ANNOUNCE,)),
        },
    ),
    At.REFUNDING: _charged(
        At.REFUNDING,
        {
            on.RefundSettled: (At.REFUNDED, (Do.REPORT_REFUND, Do.ANNOUNCE)),
            on.RefundRefused: (At.REFUND_STUCK, (Do.CALL_STAFF, Do.ANNOUNCE)),
        },
    ),
    At.REFUNDED: _charged(At.REFUNDED, {}),
    At.REFUND_STUCK: _charged(
        At.REFUND_STUCK,
        {on.RefundSettled: (At.REFUNDED, (Do.REPORT_REFUND, Do.ANNOUNCE))},
    ),
    At.WITHDRAWN: _uncharged(At.WITHDRAWN, {}),
    At.NOT_NEEDED: _uncharged(At.NOT_NEEDED, {}),
    At.NOT_OFFERED: _uncharged(At.NOT_OFFERED, {}),
}
