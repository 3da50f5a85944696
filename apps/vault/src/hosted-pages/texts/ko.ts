import type { Texts } from './texts.js'

/** Korean. Names of shops stand where no particle depends on their last sound. */
export const ko: Texts = {
  tag: 'ko',
  cardEnding: lastFour => `끝자리 ${lastFour} 카드`,
  backTo: shop => `${shop} 페이지로 돌아가기`,
  choose: {
    title: '카드 브랜드를 선택하세요',
    question: shop =>
      `이 카드에는 브랜드가 두 개 이상 있습니다. 저장된 카드로 결제할 때 ${shop}에서는 고객님이 선택한 브랜드를 사용합니다.`,
    note: '자유롭게 선택하실 수 있습니다. 지금은 청구되지 않습니다.',
  },
  browser: {
    title: '카드사에 확인하는 중',
    text: shop => `${shop}에서 이 카드를 저장하려고 합니다. 카드사가 본인 확인을 준비하고 있습니다.`,
    again: '카드사에서 응답이 없어 다시 요청하고 있습니다.',
    next: '최대 10초 정도 걸릴 수 있습니다. 그다음 카드사에서 확인을 요청할 수 있습니다. 청구되는 금액은 없습니다.',
    withoutScript: shop =>
      `이 브라우저에서 JavaScript가 꺼져 있습니다. 카드사의 확인에는 JavaScript가 필요합니다. 켠 다음 이 페이지를 새로 고치거나, 카드를 저장하지 않고 ${shop} 페이지로 돌아가세요.`,
    stalled: '화면이 바뀌지 않으면 이 페이지를 새로 고치세요.',
  },
  wait: {
    title: '카드를 확인하는 중',
    directory: '본인 확인이 필요한지 카드사에서 판단하고 있습니다. 최대 10초 정도 걸릴 수 있습니다.',
    issuer: '카드사에 카드 상태를 문의하고 있습니다. 몇 초 정도 걸립니다.',
    note: '자동으로 다음 단계로 넘어갑니다. 아무것도 하지 않으셔도 됩니다.',
  },
  challenge: {
    title: '카드사에서 본인 확인을 해 주세요',
    text: shop => `${shop}에서 이 카드를 저장하도록 본인이 허용했는지 카드사가 확인합니다. 청구되는 금액은 없습니다.`,
    source: '창 안의 화면은 카드사에서 제공합니다. 입력한 내용은 다른 누구도 볼 수 없습니다.',
    address: host => `카드사 화면 주소: ${host}`,
    frame: '카드사 화면',
    timeLeft: minutes => (minutes === 1 ? '1분 미만 남음' : `약 ${minutes}분 남음`),
    withoutScript: '여기에서 카드사 화면을 여세요. 확인이 끝나면 창 아래에서 계속하세요.',
    open: '카드사 화면 열기',
    goOn: '확인이 끝났습니다. 계속',
  },
  returned: {
    title: '카드사에서 응답했습니다',
    text: '잠시만 기다려 주세요. 결과를 기다리고 있습니다.',
  },
  slow: shop =>
    `평소보다 오래 걸리고 있습니다. 기다리지 않으셔도 됩니다. 결과는 ${shop}에 전달되며, 지금 돌아가셔도 됩니다.`,
  bankSays: '카드사 안내:',
  stuck: {
    title: '카드사에 연결할 수 없습니다',
    text: shop =>
      `카드는 저장되지 않으며 청구된 금액도 없습니다. 이 사실은 ${shop}에 전달됩니다. 돌아가서 다른 카드를 사용하실 수 있습니다.`,
  },
  succeeded: {
    title: '카드가 저장되었습니다',
    text: shop => `이제 ${shop}에서 이 카드로 결제하실 수 있습니다.`,
  },
  failed: {
    title: '카드가 저장되지 않았습니다',
    noChoice: shop => `제한 시간 안에 브랜드가 선택되지 않았습니다. ${shop} 페이지로 돌아가 카드를 다시 입력해 주세요.`,
    notAuthenticated: shop =>
      `카드사에서 본인임을 확인하지 못했습니다. 청구된 금액은 없습니다. ${shop} 페이지로 돌아가 다시 시도하거나 다른 카드를 사용해 주세요.`,
    closed: shop =>
      `이 단계의 제한 시간이 지났습니다. 청구된 금액은 없습니다. ${shop} 페이지로 돌아가 카드를 다시 입력해 주세요.`,
    other: shop => `청구된 금액은 없습니다. ${shop} 페이지로 돌아가 다시 시도하거나 다른 카드를 사용해 주세요.`,
  },
  payment: {
    choose: {
      question: (shop, sum) =>
        `이 카드에는 브랜드가 두 개 이상 있습니다. ${shop}에서 ${sum} 결제할 때 고객님이 선택한 브랜드를 사용합니다.`,
      note: '자유롭게 선택하실 수 있습니다. 선택하기 전에는 청구되지 않습니다.',
    },
    browser: {
      text: (shop, sum) => `${shop}에서 ${sum} 결제를 진행합니다. 카드사가 본인 확인을 준비하고 있습니다.`,
      next: '최대 10초 정도 걸릴 수 있습니다. 그다음 카드사에서 결제 확인을 요청할 수 있습니다.',
      withoutScript: (shop, sum) =>
        `${shop}에서 ${sum} 결제를 진행합니다. 이 브라우저에서 JavaScript가 꺼져 있습니다. 카드사의 확인에는 JavaScript가 필요합니다. 켠 다음 이 페이지를 새로 고치거나, 결제하지 않고 ${shop} 페이지로 돌아가세요.`,
    },
    wait: {
      title: '결제를 처리하는 중',
      issuer: '카드사에 결제 승인을 요청하고 있습니다. 몇 초 정도 걸립니다.',
    },
    challenge: {
      text: (shop, sum) => `${shop}에서 ${sum} 결제하는 사람이 본인인지 카드사가 확인합니다.`,
    },
    stuck: {
      text: shop =>
        `결제된 금액은 없습니다. 이 사실은 ${shop}에 전달됩니다. 돌아가서 다른 카드를 사용하실 수 있습니다.`,
    },
    succeeded: {
      title: '결제가 승인되었습니다',
      text: (shop, sum) => `카드사에서 ${shop}에 대한 ${sum} 결제를 승인했습니다.`,
    },
    failed: {
      title: '결제가 완료되지 않았습니다',
      noChoice: shop =>
        `제한 시간 안에 브랜드가 선택되지 않았습니다. 청구된 금액은 없습니다. ${shop} 페이지로 돌아가 다시 결제해 주세요.`,
      notAuthenticated: shop =>
        `카드사에서 본인임을 확인하지 못했습니다. 청구된 금액은 없습니다. ${shop} 페이지로 돌아가 다시 시도하거나 다른 카드를 사용해 주세요.`,
      closed: shop =>
        `결제가 완료되기 전에 종료되었습니다. 청구된 금액은 없습니다. ${shop} 페이지로 돌아가 다시 결제해 주세요.`,
      other: shop => `청구된 금액은 없습니다. ${shop} 페이지로 돌아가 다시 시도하거나 다른 카드를 사용해 주세요.`,
    },
    cancelled: {
      title: '결제가 취소되었습니다',
      text: (shop, sum) => `${shop}에서 ${sum} 결제를 취소했습니다. 지불하실 금액은 없습니다.`,
    },
  },
  goesBack: '잠시 후 자동으로 돌아갑니다.',
  unknown: { title: '존재하지 않는 페이지입니다', text: '쇼핑몰로 돌아가 다시 시작해 주세요.' },
  mistake: {
    title: '처리되지 않았습니다',
    text: '변경된 내용은 없습니다. 뒤로 돌아가 페이지를 새로 고친 다음 페이지의 버튼으로 선택해 주세요.',
  },
  trouble: {
    title: '잠시만 기다려 주세요',
    text: '문제가 발생했습니다. 이 페이지가 자동으로 다시 시도합니다.',
  },
}
