import type { Texts } from './texts.js'

/** Portuguese, in words that are at home on both sides of the Atlantic. */
export const pt: Texts = {
  tag: 'pt',
  cardEnding: lastFour => `Cartão com final ${lastFour}`,
  backTo: shop => `Voltar para ${shop}`,
  choose: {
    title: 'Escolha uma marca para o seu cartão',
    question: shop =>
      `O seu cartão tem mais de uma marca. ${shop} usará a que escolher para os pagamentos com o cartão guardado.`,
    note: 'A escolha é sua. Nada é cobrado agora.',
  },
  browser: {
    title: 'Verificação com o seu banco',
    text: shop => `${shop} gostaria de guardar este cartão. O seu banco prepara-se para verificar a sua identidade.`,
    again: 'O seu banco não respondeu. Vamos perguntar mais uma vez.',
    next: 'Isto pode levar até 10 segundos. Depois, o seu banco talvez peça uma confirmação. Nada é cobrado.',
    withoutScript: shop =>
      `O JavaScript está desativado neste navegador, e a verificação do seu banco precisa dele. Ative-o e carregue esta página de novo, ou volte para ${shop} sem guardar o cartão.`,
    stalled: 'Se nada acontecer aqui, carregue esta página de novo.',
  },
  wait: {
    title: 'Verificando o seu cartão',
    directory: 'O seu banco está decidindo se precisa de uma confirmação. Isto pode levar até 10 segundos.',
    issuer: 'O seu banco está sendo consultado sobre o cartão. Isto leva alguns segundos.',
    note: 'Esta página continua sozinha. Não precisa fazer nada.',
  },
  challenge: {
    title: 'Confirme com o seu banco',
    text: shop => `Para que ${shop} guarde este cartão, o seu banco quer confirmar a sua identidade. Nada é cobrado.`,
    source: 'O que vê na moldura vem do seu banco. Mais ninguém vê o que digita ali.',
    address: host => `Endereço da página do seu banco: ${host}`,
    frame: 'Página do seu banco',
    timeLeft: minutes => (minutes === 1 ? 'Falta menos de um minuto' : `Faltam cerca de ${minutes} minutos`),
    withoutScript: 'Abra aqui a página do seu banco. Quando o banco terminar, continue abaixo da moldura.',
    open: 'Abrir a página do seu banco',
    goOn: 'O meu banco terminou, continuar',
  },
  returned: {
    title: 'O seu banco respondeu',
    text: 'Um momento, por favor. Estamos aguardando o resultado.',
  },
  slow: shop =>
    `Está demorando mais do que o normal. Não precisa esperar: ${shop} receberá o resultado, e pode voltar agora.`,
  bankSays: 'Mensagem do seu banco:',
  stuck: {
    title: 'Não foi possível contatar o seu banco',
    text: shop =>
      `O seu cartão não será guardado e nada foi cobrado. ${shop} será informado. Pode voltar e usar outro cartão.`,
  },
  succeeded: {
    title: 'O seu cartão está guardado',
    text: shop => `A partir de agora, pode pagar com ele em ${shop}.`,
  },
  failed: {
    title: 'O seu cartão não foi guardado',
    noChoice: shop => `Nenhuma marca foi escolhida a tempo. Volte para ${shop} e informe o cartão de novo.`,
    notAuthenticated: shop =>
      `O seu banco não confirmou a sua identidade. Nada foi cobrado. Volte para ${shop} e tente de novo, ou use outro cartão.`,
    closed: shop =>
      `O tempo para este passo terminou. Nada foi cobrado. Volte para ${shop} e informe o cartão de novo.`,
    other: shop => `Nada foi cobrado. Volte para ${shop} e tente de novo, ou use outro cartão.`,
  },
  payment: {
    choose: {
      question: (shop, sum) =>
        `O seu cartão tem mais de uma marca. O seu pagamento de ${sum} a ${shop} será feito com a que escolher.`,
      note: 'A escolha é sua. Nada é cobrado antes da escolha.',
    },
    browser: {
      text: (shop, sum) =>
        `Está a caminho um pagamento de ${sum} a ${shop}. O seu banco prepara-se para verificar a sua identidade.`,
      next: 'Isto pode levar até 10 segundos. Depois, o seu banco talvez peça que confirme o pagamento.',
      withoutScript: (shop, sum) =>
        `Está a caminho um pagamento de ${sum} a ${shop}. O JavaScript está desativado neste navegador, e a verificação do seu banco precisa dele. Ative-o e carregue esta página de novo, ou volte para ${shop} sem pagar.`,
    },
    wait: {
      title: 'Processando o seu pagamento',
      issuer: 'O pagamento está sendo pedido ao seu banco. Isto leva alguns segundos.',
    },
    challenge: {
      text: (shop, sum) => `Para o pagamento de ${sum} a ${shop}, o seu banco quer confirmar a sua identidade.`,
    },
    stuck: {
      text: shop => `Nada foi pago. ${shop} será informado. Pode voltar e usar outro cartão.`,
    },
    succeeded: {
      title: 'O seu pagamento foi autorizado',
      text: (shop, sum) => `O seu banco autorizou ${sum} para ${shop}.`,
    },
    failed: {
      title: 'O seu pagamento falhou',
      noChoice: shop => `Nenhuma marca foi escolhida a tempo. Nada foi cobrado. Volte para ${shop} para pagar de novo.`,
      notAuthenticated: shop =>
        `O seu banco não confirmou a sua identidade. Nada foi cobrado. Volte para ${shop} e tente de novo, ou use outro cartão.`,
      closed: shop =>
        `O pagamento foi encerrado antes de terminar. Nada foi cobrado. Volte para ${shop} para pagar de novo.`,
      other: shop => `Nada foi cobrado. Volte para ${shop} e tente de novo, ou use outro cartão.`,
    },
    cancelled: {
      title: 'O pagamento foi cancelado',
      text: (shop, sum) => `${shop} cancelou este pagamento de ${sum}. Não precisa pagá-lo.`,
    },
  },
  goesBack: 'O retorno é automático, em um instante.',
  unknown: { title: 'Esta página não existe', text: 'Volte para a loja e comece de novo.' },
  mistake: {
    title: 'Isso não funcionou',
    text: 'Nada foi alterado. Volte, carregue a página de novo e escolha com os botões dela.',
  },
  trouble: {
    title: 'Um momento, por favor',
    text: 'Algo não está funcionando aqui. Esta página tenta de novo sozinha.',
  },
}
