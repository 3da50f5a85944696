import type { Texts } from './texts.js'

/** English. */
export const en: Texts = {
  tag: 'en',
  cardEnding: lastFour => `Card ending in ${lastFour}`,
  backTo: shop => `Back to ${shop}`,
  choose: {
    title: 'Choose a brand for your card',
    question: shop =>
      `Your card carries more than one brand. ${shop} will use the one that you choose for payments with the saved card.`,
    note: 'The choice is yours. Nothing is charged now.',
  },
  browser: {
    title: 'Checking with your bank',
    text: shop => `${shop} would like to save this card. Your bank is getting ready to check that it is really you.`,
    again: 'Your bank did not answer. We are asking once more.',
    next: 'This can take up to 10 seconds. After that your bank may ask you to confirm. Nothing is charged.',
    withoutScript: shop =>
      `JavaScript is turned off in this browser, and your bank’s check needs it. Turn it on and load this page again, or go back to ${shop} without saving the card.`,
    stalled: 'If nothing happens here, load this page again.',
  },
  wait: {
    title: 'Checking your card',
    directory: 'Your bank is deciding whether you need to confirm. This can take up to 10 seconds.',
    issuer: 'Your bank is being asked about your card. This takes a few seconds.',
    note: 'This page goes on by itself. You need not do anything.',
  },
  challenge: {
    title: 'Confirm with your bank',
    text: shop => `Your bank wants to be sure that it is you who lets ${shop} save this card. Nothing is charged.`,
    source: 'What you see in the frame comes from your bank. Nobody else can see what you enter there.',
    address: host => `Address of your bank’s page: ${host}`,
    frame: 'Your bank’s page',
    timeLeft: minutes => (minutes === 1 ? 'Less than a minute left' : `About ${minutes} minutes left`),
    withoutScript: 'Open your bank’s page here. When your bank has finished, go on below the frame.',
    open: 'Open your bank’s page',
    goOn: 'My bank has finished, go on',
  },
  returned: {
    title: 'Your bank has answered',
    text: 'One moment, please. We are waiting for the result.',
  },
  slow: shop =>
    `This takes longer than usual. You need not wait: ${shop} will be told the result, and you can go back now.`,
  bankSays: 'Your bank says:',
  stuck: {
    title: 'Your bank cannot be reached',
    text: shop =>
      `Your card is not saved, and nothing was charged. ${shop} will be told. You can go back and use another card.`,
  },
  succeeded: {
    title: 'Your card is saved',
    text: shop => `You can pay with it at ${shop} from now on.`,
  },
  failed: {
    title: 'Your card was not saved',
    noChoice: shop => `No brand was chosen in time. Go back to ${shop} to enter your card again.`,
    notAuthenticated: shop =>
      `Your bank did not confirm that it was you. Nothing was charged. Go back to ${shop} and try again, or use another card.`,
    closed: shop => `The time for this step is over. Nothing was charged. Go back to ${shop} to enter your card again.`,
    other: shop => `Nothing was charged. Go back to ${shop} and try again, or use another card.`,
  },
  payment: {
    choose: {
      question: (shop, sum) =>
        `Your card carries more than one brand. Your payment of ${sum} to ${shop} goes over the one that you choose.`,
      note: 'The choice is yours. Nothing is charged before you have chosen.',
    },
    browser: {
      text: (shop, sum) =>
        `You are paying ${sum} to ${shop}. Your bank is getting ready to check that it is really you.`,
      next: 'This can take up to 10 seconds. After that your bank may ask you to confirm the payment.',
      withoutScript: (shop, sum) =>
        `You are paying ${sum} to ${shop}. JavaScript is turned off in this browser, and your bank’s check needs it. Turn it on and load this page again, or go back to ${shop} without paying.`,
    },
    wait: {
      title: 'Your payment is being made',
      issuer: 'Your bank is being asked for the payment. This takes a few seconds.',
    },
    challenge: {
      text: (shop, sum) => `Your bank wants to be sure that it is you who pays ${sum} to ${shop}.`,
    },
    stuck: {
      text: shop => `Nothing was paid. ${shop} will be told. You can go back and use another card.`,
    },
    succeeded: {
      title: 'Your payment was authorised',
      text: (shop, sum) => `Your bank has authorised ${sum} for ${shop}.`,
    },
    failed: {
      title: 'Your payment failed',
      noChoice: shop => `No brand was chosen in time. Nothing was charged. Go back to ${shop} to pay again.`,
      notAuthenticated: shop =>
        `Your bank did not confirm that it was you. Nothing was charged. Go back to ${shop} and try again, or use another card.`,
      closed: shop =>
        `The payment was closed before it was finished. Nothing was charged. Go back to ${shop} to pay again.`,
      other: shop => `Nothing was charged. Go back to ${shop} and try again, or use another card.`,
    },
    cancelled: {
      title: 'The payment was cancelled',
      text: (shop, sum) => `${shop} has cancelled this payment of ${sum}. You do not pay it.`,
    },
  },
  goesBack: 'You are taken back automatically in a moment.',
  unknown: { title: 'This page does not exist', text: 'Go back to the shop and start again.' },
  mistake: {
    title: 'That did not work',
    text: 'Nothing was changed. Go back, load the page again and choose with its buttons.',
  },
  trouble: {
    title: 'One moment, please',
    text: 'Something is out of order here. This page tries again by itself.',
  },
}
