import type { Texts } from './texts.js'

/** Spanish. */
export const es: Texts = {
  tag: 'es',
  cardEnding: lastFour => `Tarjeta terminada en ${lastFour}`,
  backTo: shop => `Volver a ${shop}`,
  choose: {
    title: 'Elija una marca para su tarjeta',
    question: shop =>
      `Su tarjeta lleva más de una marca. ${shop} usará la que usted elija para los pagos con la tarjeta guardada.`,
    note: 'Usted decide. Ahora no se cobra nada.',
  },
  browser: {
    title: 'Comprobación con su banco',
    text: shop => `${shop} quiere guardar esta tarjeta. Su banco se prepara para comprobar que realmente es usted.`,
    again: 'Su banco no ha respondido. Le preguntamos otra vez.',
    next: 'Puede tardar hasta 10 segundos. Después, es posible que su banco le pida una confirmación. No se cobra nada.',
    withoutScript: shop =>
      `JavaScript está desactivado en este navegador y la comprobación de su banco lo necesita. Actívelo y vuelva a cargar esta página, o vuelva a ${shop} sin guardar la tarjeta.`,
    stalled: 'Si aquí no ocurre nada, vuelva a cargar esta página.',
  },
  wait: {
    title: 'Comprobando su tarjeta',
    directory: 'Su banco está decidiendo si usted debe confirmar. Puede tardar hasta 10 segundos.',
    issuer: 'Estamos consultando a su banco sobre su tarjeta. Tarda unos segundos.',
    note: 'La página avanza sola. No tiene que hacer nada.',
  },
  challenge: {
    title: 'Confirme con su banco',
    text: shop =>
      `Su banco quiere estar seguro de que es usted quien permite a ${shop} guardar esta tarjeta. No se cobra nada.`,
    source: 'Lo que ve en el recuadro viene de su banco. Nadie más ve lo que escribe allí.',
    address: host => `Dirección de la página de su banco: ${host}`,
    frame: 'Página de su banco',
    timeLeft: minutes => (minutes === 1 ? 'Queda menos de un minuto' : `Quedan unos ${minutes} minutos`),
    withoutScript: 'Abra aquí la página de su banco. Cuando su banco haya terminado, continúe debajo del recuadro.',
    open: 'Abrir la página de su banco',
    goOn: 'Mi banco ha terminado, continuar',
  },
  returned: {
    title: 'Su banco ha respondido',
    text: 'Un momento, por favor. Estamos esperando el resultado.',
  },
  slow: shop =>
    `Está tardando más de lo normal. No hace falta que espere: ${shop} recibirá el resultado y usted puede volver ahora.`,
  bankSays: 'Mensaje de su banco:',
  stuck: {
    title: 'No es posible contactar con su banco',
    text: shop =>
      `Su tarjeta no se guarda y no se ha cobrado nada. Avisaremos a ${shop}. Puede volver y usar otra tarjeta.`,
  },
  succeeded: {
    title: 'Su tarjeta está guardada',
    text: shop => `A partir de ahora puede pagar con ella en ${shop}.`,
  },
  failed: {
    title: 'Su tarjeta no se ha guardado',
    noChoice: shop => `No se eligió ninguna marca a tiempo. Vuelva a ${shop} para introducir su tarjeta otra vez.`,
    notAuthenticated: shop =>
      `Su banco no ha confirmado que fuera usted. No se ha cobrado nada. Vuelva a ${shop} e inténtelo de nuevo, o use otra tarjeta.`,
    closed: shop =>
      `El tiempo para este paso ha terminado. No se ha cobrado nada. Vuelva a ${shop} para introducir su tarjeta otra vez.`,
    other: shop => `No se ha cobrado nada. Vuelva a ${shop} e inténtelo de nuevo, o use otra tarjeta.`,
  },
  payment: {
    choose: {
      question: (shop, sum) =>
        `Su tarjeta lleva más de una marca. Su pago de ${sum} a ${shop} se hará con la marca que usted elija.`,
      note: 'Usted decide. No se cobra nada antes de que elija.',
    },
    browser: {
      text: (shop, sum) => `Va a pagar ${sum} a ${shop}. Su banco se prepara para comprobar que realmente es usted.`,
      next: 'Puede tardar hasta 10 segundos. Después, es posible que su banco le pida que confirme el pago.',
      withoutScript: (shop, sum) =>
        `Va a pagar ${sum} a ${shop}. JavaScript está desactivado en este navegador y la comprobación de su banco lo necesita. Actívelo y vuelva a cargar esta página, o vuelva a ${shop} sin pagar.`,
    },
    wait: {
      title: 'Su pago está en curso',
      issuer: 'Estamos pidiendo el pago a su banco. Tarda unos segundos.',
    },
    challenge: {
      text: (shop, sum) => `Su banco quiere estar seguro de que es usted quien paga ${sum} a ${shop}.`,
    },
    stuck: {
      text: shop => `No se ha pagado nada. Avisaremos a ${shop}. Puede volver y usar otra tarjeta.`,
    },
    succeeded: {
      title: 'Su pago se ha autorizado',
      text: (shop, sum) => `Su banco ha autorizado ${sum} para ${shop}.`,
    },
    failed: {
      title: 'Su pago no se ha realizado',
      noChoice: shop =>
        `No se eligió ninguna marca a tiempo. No se ha cobrado nada. Vuelva a ${shop} para pagar otra vez.`,
      notAuthenticated: shop =>
        `Su banco no ha confirmado que fuera usted. No se ha cobrado nada. Vuelva a ${shop} e inténtelo de nuevo, o use otra tarjeta.`,
      closed: shop =>
        `El pago se cerró antes de terminar. No se ha cobrado nada. Vuelva a ${shop} para pagar otra vez.`,
      other: shop => `No se ha cobrado nada. Vuelva a ${shop} e inténtelo de nuevo, o use otra tarjeta.`,
    },
    cancelled: {
      title: 'El pago se ha cancelado',
      text: (shop, sum) => `${shop} ha cancelado este pago de ${sum}. Usted no lo paga.`,
    },
  },
  goesBack: 'En un momento volverá automáticamente.',
  unknown: { title: 'Esta página no existe', text: 'Vuelva a la tienda y empiece de nuevo.' },
  mistake: {
    title: 'Eso no ha funcionado',
    text: 'No se ha cambiado nada. Vuelva atrás, cargue la página otra vez y elija con sus botones.',
  },
  trouble: {
    title: 'Un momento, por favor',
    text: 'Aquí hay algo que no funciona. Esta página lo intenta otra vez por sí sola.',
  },
}
