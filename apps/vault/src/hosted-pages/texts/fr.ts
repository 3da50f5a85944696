import type { Texts } from './texts.js'

/** French. */
export const fr: Texts = {
  tag: 'fr',
  cardEnding: lastFour => `Carte se terminant par ${lastFour}`,
  backTo: shop => `Revenir à ${shop}`,
  choose: {
    title: 'Choisissez une marque pour votre carte',
    question: shop =>
      `Votre carte porte plusieurs marques. ${shop} utilisera celle que vous choisissez pour les paiements avec la carte enregistrée.`,
    note: 'C’est vous qui choisissez. Rien n’est débité maintenant.',
  },
  browser: {
    title: 'Vérification avec votre banque',
    text: shop =>
      `${shop} souhaite enregistrer cette carte. Votre banque se prépare à vérifier qu’il s’agit bien de vous.`,
    again: 'Votre banque n’a pas répondu. Nous l’interrogeons encore une fois.',
    next: 'Cela peut prendre jusqu’à 10 secondes. Ensuite, votre banque vous demandera peut-être une confirmation. Rien n’est débité.',
    withoutScript: shop =>
      `JavaScript est désactivé dans ce navigateur, et la vérification de votre banque en a besoin. Activez-le et rechargez cette page, ou revenez à ${shop} sans enregistrer la carte.`,
    stalled: 'Si rien ne se passe ici, rechargez cette page.',
  },
  wait: {
    title: 'Vérification de votre carte',
    directory: 'Votre banque décide si vous devez confirmer. Cela peut prendre jusqu’à 10 secondes.',
    issuer: 'Votre banque est interrogée au sujet de votre carte. Cela prend quelques secondes.',
    note: 'La page avance toute seule. Vous n’avez rien à faire.',
  },
  challenge: {
    title: 'Confirmez auprès de votre banque',
    text: shop =>
      `Votre banque veut être sûre que c’est bien vous qui permettez à ${shop} d’enregistrer cette carte. Rien n’est débité.`,
    source: 'Ce que vous voyez dans le cadre vient de votre banque. Personne d’autre ne voit ce que vous y saisissez.',
    address: host => `Adresse de la page de votre banque : ${host}`,
    frame: 'Page de votre banque',
    timeLeft: minutes => (minutes === 1 ? 'Il reste moins d’une minute' : `Il reste environ ${minutes} minutes`),
    withoutScript: 'Ouvrez ici la page de votre banque. Quand votre banque a terminé, continuez sous le cadre.',
    open: 'Ouvrir la page de votre banque',
    goOn: 'Ma banque a terminé, continuer',
  },
  returned: {
    title: 'Votre banque a répondu',
    text: 'Un instant, s’il vous plaît. Nous attendons le résultat.',
  },
  slow: shop =>
    `C’est plus long que d’habitude. Vous n’êtes pas obligé d’attendre : ${shop} recevra le résultat, et vous pouvez revenir maintenant.`,
  bankSays: 'Message de votre banque :',
  stuck: {
    title: 'Votre banque est injoignable',
    text: shop =>
      `Votre carte n’est pas enregistrée et rien n’a été débité. ${shop} en sera informé. Vous pouvez revenir et utiliser une autre carte.`,
  },
  succeeded: {
    title: 'Votre carte est enregistrée',
    text: shop => `Vous pouvez désormais payer avec elle chez ${shop}.`,
  },
  failed: {
    title: 'Votre carte n’a pas été enregistrée',
    noChoice: shop =>
      `Aucune marque n’a été choisie à temps. Revenez à ${shop} pour saisir votre carte encore une fois.`,
    notAuthenticated: shop =>
      `Votre banque n’a pas confirmé qu’il s’agissait de vous. Rien n’a été débité. Revenez à ${shop} et réessayez, ou utilisez une autre carte.`,
    closed: shop =>
      `Le temps prévu pour cette étape est écoulé. Rien n’a été débité. Revenez à ${shop} pour saisir votre carte encore une fois.`,
    other: shop => `Rien n’a été débité. Revenez à ${shop} et réessayez, ou utilisez une autre carte.`,
  },
  payment: {
    choose: {
      question: (shop, sum) =>
        `Votre carte porte plusieurs marques. Votre paiement de ${sum} à ${shop} passera par celle que vous choisissez.`,
      note: 'C’est vous qui choisissez. Rien n’est débité avant votre choix.',
    },
    browser: {
      text: (shop, sum) => `Vous payez ${sum} à ${shop}. Votre banque se prépare à vérifier qu’il s’agit bien de vous.`,
      next: 'Cela peut prendre jusqu’à 10 secondes. Ensuite, votre banque vous demandera peut-être de confirmer le paiement.',
      withoutScript: (shop, sum) =>
        `Vous payez ${sum} à ${shop}. JavaScript est désactivé dans ce navigateur, et la vérification de votre banque en a besoin. Activez-le et rechargez cette page, ou revenez à ${shop} sans payer.`,
    },
    wait: {
      title: 'Votre paiement est en cours',
      issuer: 'Le paiement est demandé à votre banque. Cela prend quelques secondes.',
    },
    challenge: {
      text: (shop, sum) => `Votre banque veut être sûre que c’est bien vous qui payez ${sum} à ${shop}.`,
    },
    stuck: {
      text: shop => `Rien n’a été payé. ${shop} en sera informé. Vous pouvez revenir et utiliser une autre carte.`,
    },
    succeeded: {
      title: 'Votre paiement a été autorisé',
      text: (shop, sum) => `Votre banque a autorisé ${sum} pour ${shop}.`,
    },
    failed: {
      title: 'Votre paiement a échoué',
      noChoice: shop =>
        `Aucune marque n’a été choisie à temps. Rien n’a été débité. Revenez à ${shop} pour payer de nouveau.`,
      notAuthenticated: shop =>
        `Votre banque n’a pas confirmé qu’il s’agissait de vous. Rien n’a été débité. Revenez à ${shop} et réessayez, ou utilisez une autre carte.`,
      closed: shop =>
        `Le paiement a été clos avant d’être terminé. Rien n’a été débité. Revenez à ${shop} pour payer de nouveau.`,
      other: shop => `Rien n’a été débité. Revenez à ${shop} et réessayez, ou utilisez une autre carte.`,
    },
    cancelled: {
      title: 'Le paiement a été annulé',
      text: (shop, sum) => `${shop} a annulé ce paiement de ${sum}. Vous n’avez pas à le payer.`,
    },
  },
  goesBack: 'Vous allez être redirigé automatiquement dans un instant.',
  unknown: { title: 'Cette page n’existe pas', text: 'Revenez à la boutique et recommencez.' },
  mistake: {
    title: 'Cela n’a pas fonctionné',
    text: 'Rien n’a été modifié. Revenez en arrière, rechargez la page et choisissez avec ses boutons.',
  },
  trouble: {
    title: 'Un instant, s’il vous plaît',
    text: 'Quelque chose ne fonctionne pas ici. La page réessaie toute seule.',
  },
}
