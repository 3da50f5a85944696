import type { Texts } from './texts.js'

/** German. */
export const de: Texts = {
  tag: 'de',
  cardEnding: lastFour => `Karte mit den Endziffern ${lastFour}`,
  backTo: shop => `Zurück zu ${shop}`,
  choose: {
    title: 'Wählen Sie eine Marke für Ihre Karte',
    question: shop =>
      `Ihre Karte trägt mehr als eine Marke. Für Zahlungen mit der gespeicherten Karte verwendet ${shop} die Marke, die Sie wählen.`,
    note: 'Die Wahl liegt bei Ihnen. Jetzt wird nichts abgebucht.',
  },
  browser: {
    title: 'Prüfung durch Ihre Bank',
    text: shop => `${shop} möchte diese Karte speichern. Ihre Bank bereitet die Prüfung vor, ob wirklich Sie es sind.`,
    again: 'Ihre Bank hat nicht geantwortet. Wir fragen noch einmal.',
    next: 'Das kann bis zu 10 Sekunden dauern. Danach bittet Ihre Bank Sie vielleicht um eine Bestätigung. Es wird nichts abgebucht.',
    withoutScript: shop =>
      `JavaScript ist in diesem Browser ausgeschaltet, und die Prüfung Ihrer Bank braucht es. Schalten Sie es ein und laden Sie diese Seite neu, oder gehen Sie zurück zu ${shop}, ohne die Karte zu speichern.`,
    stalled: 'Wenn hier nichts geschieht, laden Sie diese Seite neu.',
  },
  wait: {
    title: 'Ihre Karte wird geprüft',
    directory: 'Ihre Bank entscheidet, ob Sie etwas bestätigen müssen. Das kann bis zu 10 Sekunden dauern.',
    issuer: 'Ihre Bank wird nach Ihrer Karte gefragt. Das dauert einige Sekunden.',
    note: 'Es geht von selbst weiter. Sie müssen nichts tun.',
  },
  challenge: {
    title: 'Bestätigen Sie bei Ihrer Bank',
    text: shop =>
      `Ihre Bank möchte sicher sein, dass Sie selbst es sind, wenn ${shop} diese Karte speichert. Es wird nichts abgebucht.`,
    source: 'Was Sie in dem Rahmen sehen, kommt von Ihrer Bank. Niemand sonst sieht, was Sie dort eingeben.',
    address: host => `Adresse der Seite Ihrer Bank: ${host}`,
    frame: 'Seite Ihrer Bank',
    timeLeft: minutes => (minutes === 1 ? 'Noch weniger als eine Minute' : `Noch etwa ${minutes} Minuten`),
    withoutScript:
      'Öffnen Sie hier die Seite Ihrer Bank. Wenn Ihre Bank fertig ist, geht es unter dem Rahmen für Sie weiter.',
    open: 'Seite Ihrer Bank öffnen',
    goOn: 'Meine Bank ist fertig, weiter',
  },
  returned: {
    title: 'Ihre Bank hat geantwortet',
    text: 'Einen Moment bitte. Wir warten auf das Ergebnis.',
  },
  slow: shop =>
    `Das dauert länger als sonst. Sie müssen nicht warten: ${shop} erfährt das Ergebnis, und Sie können jetzt zurückgehen.`,
  bankSays: 'Ihre Bank teilt mit:',
  stuck: {
    title: 'Ihre Bank ist nicht erreichbar',
    text: shop =>
      `Ihre Karte wird nicht gespeichert, und es wurde nichts abgebucht. ${shop} erfährt das von uns. Sie können zurückgehen und eine andere Karte verwenden.`,
  },
  succeeded: {
    title: 'Ihre Karte ist gespeichert',
    text: shop => `Sie können bei ${shop} ab jetzt damit bezahlen.`,
  },
  failed: {
    title: 'Ihre Karte wurde nicht gespeichert',
    noChoice: shop =>
      `Es wurde nicht rechtzeitig eine Marke gewählt. Gehen Sie zurück zu ${shop} und geben Sie Ihre Karte noch einmal ein.`,
    notAuthenticated: shop =>
      `Ihre Bank hat nicht bestätigt, dass Sie es waren. Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop} und versuchen Sie es noch einmal, oder verwenden Sie eine andere Karte.`,
    closed: shop =>
      `Die Zeit für diesen Schritt ist abgelaufen. Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop} und geben Sie Ihre Karte noch einmal ein.`,
    other: shop =>
      `Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop} und versuchen Sie es noch einmal, oder verwenden Sie eine andere Karte.`,
  },
  payment: {
    choose: {
      question: (shop, sum) =>
        `Ihre Karte trägt mehr als eine Marke. Ihre Zahlung von ${sum} an ${shop} läuft über die Marke, die Sie wählen.`,
      note: 'Die Wahl liegt bei Ihnen. Bevor Sie gewählt haben, wird nichts abgebucht.',
    },
    browser: {
      text: (shop, sum) => `Sie zahlen ${sum} an ${shop}. Ihre Bank bereitet die Prüfung vor, ob wirklich Sie es sind.`,
      next: 'Das kann bis zu 10 Sekunden dauern. Danach bittet Ihre Bank Sie vielleicht, die Zahlung zu bestätigen.',
      withoutScript: (shop, sum) =>
        `Sie zahlen ${sum} an ${shop}. JavaScript ist in diesem Browser ausgeschaltet, und die Prüfung Ihrer Bank braucht es. Schalten Sie es ein und laden Sie diese Seite neu, oder gehen Sie zurück zu ${shop}, ohne zu bezahlen.`,
    },
    wait: {
      title: 'Ihre Zahlung wird ausgeführt',
      issuer: 'Ihre Bank wird um die Zahlung gebeten. Das dauert einige Sekunden.',
    },
    challenge: {
      text: (shop, sum) => `Ihre Bank möchte sicher sein, dass Sie selbst es sind, wenn Sie ${sum} an ${shop} zahlen.`,
    },
    stuck: {
      text: shop =>
        `Es wurde nichts bezahlt. ${shop} erfährt das von uns. Sie können zurückgehen und eine andere Karte verwenden.`,
    },
    succeeded: {
      title: 'Ihre Zahlung wurde genehmigt',
      text: (shop, sum) => `Ihre Bank hat ${sum} für ${shop} genehmigt.`,
    },
    failed: {
      title: 'Ihre Zahlung ist fehlgeschlagen',
      noChoice: shop =>
        `Es wurde nicht rechtzeitig eine Marke gewählt. Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop}, um noch einmal zu bezahlen.`,
      notAuthenticated: shop =>
        `Ihre Bank hat nicht bestätigt, dass Sie es waren. Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop} und versuchen Sie es noch einmal, oder verwenden Sie eine andere Karte.`,
      closed: shop =>
        `Die Zahlung wurde geschlossen, bevor sie fertig war. Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop}, um noch einmal zu bezahlen.`,
      other: shop =>
        `Es wurde nichts abgebucht. Gehen Sie zurück zu ${shop} und versuchen Sie es noch einmal, oder verwenden Sie eine andere Karte.`,
    },
    cancelled: {
      title: 'Die Zahlung wurde abgebrochen',
      text: (shop, sum) => `${shop} hat diese Zahlung von ${sum} abgebrochen. Sie müssen sie nicht bezahlen.`,
    },
  },
  goesBack: 'Sie werden gleich automatisch zurückgebracht.',
  unknown: { title: 'Diese Seite gibt es nicht', text: 'Gehen Sie zurück zum Shop und beginnen Sie noch einmal.' },
  mistake: {
    title: 'Das hat nicht funktioniert',
    text: 'Es wurde nichts geändert. Gehen Sie zurück, laden Sie die Seite neu und wählen Sie mit ihren Knöpfen.',
  },
  trouble: {
    title: 'Einen Moment bitte',
    text: 'Hier ist etwas gestört. Diese Seite versucht es von selbst noch einmal.',
  },
}
