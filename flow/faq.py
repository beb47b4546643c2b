"""The steps' headings in each language, as `docs/faq.md` has them; a test keeps the two alike."""

from flow.steps import Step

HEADINGS: dict[str, dict[Step, str]] = {
    "en": {
        Step.VERIFY_ACCOUNT: "Verify your Alipay account",
        Step.LOG_IN: "Log in to Alipay",
        Step.CHOOSE_ALIPAY: "Choose Alipay with your bid",
        Step.OPEN_PAYMENT: "Open the payment of the item you won",
        Step.USE_ALIPAY: "Select Use Alipay",
        Step.PAY_IN_ALIPAY: "Pay in Alipay",
        Step.COMPLETED: "Payment completed",
    },
    "zh_Hans": {
        Step.VERIFY_ACCOUNT: "验证支付宝账户",
        Step.LOG_IN: "登录支付宝",
        Step.CHOOSE_ALIPAY: "出价时选择支付宝",
        Step.OPEN_PAYMENT: "进入拍得商品的付款",
        Step.USE_ALIPAY: "选择“使用支付宝”",
        Step.PAY_IN_ALIPAY: "在支付宝中付款",
        Step.COMPLETED: "付款完成",
    },
    "zh_Hant": {
        Step.VERIFY_ACCOUNT: "驗證支付寶帳戶",
        Step.LOG_IN: "登入支付寶",
        Step.CHOOSE_ALIPAY: "出價時選擇支付寶",
        Step.OPEN_PAYMENT: "前往得標商品的付款",
        Step.USE_ALIPAY: "選擇「使用支付寶」",
        Step.PAY_IN_ALIPAY: "在支付寶付款",
        Step.COMPLETED: "付款完成",
    },
    "ja": {
        Step.VERIFY_ACCOUNT: "Alipayアカウントを認証する",
        Step.LOG_IN: "Alipayにログインする",
        Step.CHOOSE_ALIPAY: "入札時にAlipayを選ぶ",
        Step.OPEN_PAYMENT: "落札商品の支払いに進む",
        Step.USE_ALIPAY: "「Alipayを利用」を選ぶ",
        Step.PAY_IN_ALIPAY: "Alipayで支払う",
        Step.COMPLETED: "支払い完了",
    },
}
"""Language (as in the catalogues), then step: the heading whose anchor in `docs/faq.md` is `<language>-<step>`."""
