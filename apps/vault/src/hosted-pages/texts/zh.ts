import type { Texts } from './texts.js'

/** Chinese, in simplified characters. */
export const zh: Texts = {
  tag: 'zh-Hans',
  cardEnding: lastFour => `尾号 ${lastFour} 的银行卡`,
  backTo: shop => `返回 ${shop}`,
  choose: {
    title: '请为您的银行卡选择品牌',
    question: shop => `您的银行卡带有多个品牌。以后用保存的卡付款时，${shop} 将使用您所选的品牌。`,
    note: '由您自行选择，现在不会扣款。',
  },
  browser: {
    title: '正在联系您的银行',
    text: shop => `${shop} 希望保存这张银行卡。您的银行正准备确认是您本人操作。`,
    again: '您的银行没有回应，我们正在再次联系。',
    next: '最多可能需要 10 秒。之后银行可能会请您确认。不会扣款。',
    withoutScript: shop =>
      `此浏览器已关闭 JavaScript，而银行的验证需要它。请开启后重新加载本页，或返回 ${shop}，不保存此卡。`,
    stalled: '如果页面没有反应，请重新加载。',
  },
  wait: {
    title: '正在验证您的银行卡',
    directory: '您的银行正在判断是否需要您确认，最多可能需要 10 秒。',
    issuer: '正在向您的银行核实此卡，需要几秒钟。',
    note: '页面会自动继续，您无需操作。',
  },
  challenge: {
    title: '请在银行页面确认',
    text: shop => `您的银行需要确认，是您本人允许 ${shop} 保存这张卡。不会扣款。`,
    source: '框内是您的银行提供的页面，其他人看不到您在其中输入的内容。',
    address: host => `银行页面地址：${host}`,
    frame: '您的银行的页面',
    timeLeft: minutes => (minutes === 1 ? '剩余不到 1 分钟' : `剩余约 ${minutes} 分钟`),
    withoutScript: '请在此打开银行页面。银行完成验证后，请在框下方继续。',
    open: '打开银行页面',
    goOn: '银行已完成验证，继续',
  },
  returned: {
    title: '您的银行已答复',
    text: '请稍候，我们正在等待结果。',
  },
  slow: shop => `所需时间比平时长。您不必等待：结果会通知 ${shop}，您现在可以返回。`,
  bankSays: '银行提示：',
  stuck: {
    title: '无法联系到您的银行',
    text: shop => `您的银行卡不会被保存，也没有扣款。我们会通知 ${shop}。您可以返回并使用其他银行卡。`,
  },
  succeeded: {
    title: '您的银行卡已保存',
    text: shop => `从现在起，您可以在 ${shop} 使用此卡付款。`,
  },
  failed: {
    title: '您的银行卡未保存',
    noChoice: shop => `未在规定时间内选择品牌。请返回 ${shop} 重新输入银行卡。`,
    notAuthenticated: shop => `您的银行未能确认是您本人操作。没有扣款。请返回 ${shop} 重试，或使用其他银行卡。`,
    closed: shop => `此步骤的时间已过。没有扣款。请返回 ${shop} 重新输入银行卡。`,
    other: shop => `没有扣款。请返回 ${shop} 重试，或使用其他银行卡。`,
  },
  payment: {
    choose: {
      question: (shop, sum) => `您的银行卡带有多个品牌。您向 ${shop} 支付的 ${sum} 将通过您所选的品牌完成。`,
      note: '由您自行选择，选择之前不会扣款。',
    },
    browser: {
      text: (shop, sum) => `您正在向 ${shop} 支付 ${sum}。您的银行正准备确认是您本人操作。`,
      next: '最多可能需要 10 秒。之后银行可能会请您确认这笔付款。',
      withoutScript: (shop, sum) =>
        `您正在向 ${shop} 支付 ${sum}。此浏览器已关闭 JavaScript，而银行的验证需要它。请开启后重新加载本页，或返回 ${shop}，不付款。`,
    },
    wait: {
      title: '正在处理您的付款',
      issuer: '正在向您的银行请求付款，需要几秒钟。',
    },
    challenge: {
      text: (shop, sum) => `您的银行需要确认，是您本人向 ${shop} 支付 ${sum}。`,
    },
    stuck: {
      text: shop => `没有付款。我们会通知 ${shop}。您可以返回并使用其他银行卡。`,
    },
    succeeded: {
      title: '您的付款已获授权',
      text: (shop, sum) => `您的银行已授权向 ${shop} 支付 ${sum}。`,
    },
    failed: {
      title: '您的付款未成功',
      noChoice: shop => `未在规定时间内选择品牌。没有扣款。请返回 ${shop} 重新付款。`,
      notAuthenticated: shop => `您的银行未能确认是您本人操作。没有扣款。请返回 ${shop} 重试，或使用其他银行卡。`,
      closed: shop => `付款在完成之前已关闭。没有扣款。请返回 ${shop} 重新付款。`,
      other: shop => `没有扣款。请返回 ${shop} 重试，或使用其他银行卡。`,
    },
    cancelled: {
      title: '付款已取消',
      text: (shop, sum) => `${shop} 已取消这笔 ${sum} 的付款，您无需支付。`,
    },
  },
  goesBack: '稍后将自动返回。',
  unknown: { title: '此页面不存在', text: '请返回商店重新开始。' },
  mistake: {
    title: '操作未成功',
    text: '没有任何更改。请返回，重新加载页面，并用页面上的按钮选择。',
  },
  trouble: {
    title: '请稍候',
    text: '这里出现了故障。页面会自动重试。',
  },
}
