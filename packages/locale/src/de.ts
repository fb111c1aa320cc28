import type { Words } from './locales.ts'

export const de: Words = {
  mail: {
    greeting: 'Hallo {name},',
    greetingPlain: 'Guten Tag,',
    minutes: '{count, plural, one {# Minute} other {# Minuten}}',
    moment: '{time} Uhr (UTC) am {date}',
    resetSubject: 'Ihr Passwort bei {app} zurücksetzen',
    resetPreheader:
      'Zeit für ein neues Passwort: {life}. Wenn Sie nicht darum gebeten haben, hat sich nichts geändert.',
    resetHeading: 'Neues Passwort wählen',
    resetIntro:
      'Jemand hat darum gebeten, das Passwort Ihres Kontos {login} bei {app} zurückzusetzen. Wenn Sie das waren, wählen Sie hier ein neues:',
    resetButton: 'Neues Passwort wählen',
    resetLife: 'Dieser Link funktioniert einmal. Gültigkeit: {life}, bis {moment}.',
    resetSpelledOut: 'Wenn die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:',
    resetCode: 'Oder geben Sie diesen Code dort ein, wo Sie ihn angefordert haben:',
    resetCodeLife: 'Gültigkeit des Codes: {life}.',
    codeIntro:
      'Jemand hat darum gebeten, das Passwort Ihres Kontos {login} bei {app} zurückzusetzen. Wenn Sie das waren, geben Sie diesen Code dort ein, wo Sie ihn angefordert haben:',
    codeLife: 'Der Code funktioniert einmal. Gültigkeit: {life}.',
    codeNotYouAdvice:
      'Dann brauchen Sie nichts zu tun. Ihr Passwort bleibt, wie es ist. Geben Sie den Code an niemanden weiter.',
    resetNotYou: 'Sie waren das nicht?',
    resetNotYouAdvice:
      'Dann brauchen Sie nichts zu tun. Ihr Passwort bleibt, wie es ist. Geben Sie Link und Code an niemanden weiter.',
    noticeSubject: 'Ihr Passwort bei {app} wurde geändert',
    noticePreheader: 'Wenn Sie es selbst geändert haben, ist nichts weiter zu tun.',
    noticeHeading: 'Ihr Passwort wurde geändert',
    noticeIntro:
      'Das Passwort Ihres Kontos {login} bei {app} wurde geändert. Wenn Sie das waren, ist nichts weiter zu tun.',
    noticeWhen: 'Wann',
    noticeFrom: 'Von Adresse',
    noticeBrowser: 'Browser',
    noticeNotYou: 'Sie waren das nicht?',
    noticeNotYouAdvice:
      'Dann hat vielleicht jemand anderes Zugang zu Ihrem Konto. Setzen Sie sofort ein neues Passwort und prüfen Sie, wer Ihre E-Mails lesen kann.',
    noticeNotYouContact:
      'Dann hat vielleicht jemand anderes Zugang zu Ihrem Konto. Wenden Sie sich sofort an {app} und prüfen Sie, wer Ihre E-Mails lesen kann.',
    noticeButton: 'Neues Passwort setzen',
    noticeSpelledOut: 'Neues Passwort setzen:',
    support: 'Fragen? Schreiben Sie an',
    reasonReset: 'Sie erhalten diese Nachricht, weil bei {app} ein neues Passwort angefordert wurde.',
    reasonNotice:
      'Sie erhalten diese Nachricht, weil Ihr Passwort bei {app} geändert wurde. Wir senden sie nach jeder Änderung.',
  },
  // The hyphen in E‑Mail is one at which lines do not break (U+2011).
  pages: {
    continue: 'Weiter',
    help: 'Brauchen Sie Hilfe? Schreiben Sie an',
    login: 'E‑Mail oder Benutzername',
    loginMissing: 'Bitte geben Sie Ihre E‑Mail-Adresse oder Ihren Benutzernamen ein.',
    loginInvalid:
      'Das sieht nicht nach einer E‑Mail-Adresse oder einem Benutzernamen aus. Bitte prüfen Sie es.',
    forgotTitle: 'Passwort vergessen?',
    forgotLead:
      'Sagen Sie uns, wer Sie sind, und wir schicken Ihnen eine E‑Mail, mit der Sie ein neues festlegen können.',
    forgotSubmit: 'E‑Mail senden',
    humanLabel: 'Ich bin ein Mensch',
    humanWorking: 'Wird geprüft …',
    humanDone: 'Geprüft',
    humanFailed: 'Die Prüfung ist fehlgeschlagen. Bitte öffnen Sie die Seite neu.',
    humanExpired: 'Die Prüfung ist zu alt. Bitte prüfen Sie noch einmal.',
    humanRefused: 'Bitte bestätigen Sie noch einmal, dass Sie ein Mensch sind.',
    humanNoScript:
      'Ohne JavaScript kann diese Seite Sie nicht von einer Maschine unterscheiden und nimmt das Formular nicht an.',
    haveCode: 'Ich habe schon einen Code',
    askAgain: 'Neue E‑Mail anfordern',
    sentTitle: 'Sehen Sie in Ihr Postfach',
    sentLead: 'Falls es ein Konto für {login} gibt, ist eine E‑Mail an dessen Adresse unterwegs.',
    sentLeadPlain: 'Falls es ein Konto für Ihre Eingabe gibt, ist eine E‑Mail an dessen Adresse unterwegs.',
    sentLasts:
      'Der Link darin gilt {minutes, plural, one {# Minute} other {# Minuten}}, der Code {codeMinutes, plural, one {# Minute} other {# Minuten}}.',
    sentCodeTitle: 'Code hier eingeben',
    againTitle: 'Noch keine E‑Mail?',
    againLead: 'Es kann ein bis zwei Minuten dauern. Bitte sehen Sie auch im Spam-Ordner nach.',
    againSubmit: 'Noch einmal senden',
    againOther: 'Andere E‑Mail oder anderen Benutzernamen eingeben',
    code: 'Code aus der E‑Mail',
    codeTitle: 'Neues Passwort festlegen',
    codeLead: 'Geben Sie den Code aus unserer E‑Mail ein.',
    codeHint: '{digits} Ziffern, mit oder ohne Leerzeichen.',
    codeMalformed: 'Bitte geben Sie den ganzen Code aus der E‑Mail ein. Er besteht nur aus Ziffern.',
    codeWrong:
      'Dieser Code gilt nicht. Prüfen Sie, ob er stimmt und aus der neuesten E‑Mail ist, oder fordern Sie eine neue an.',
    noScript:
      'JavaScript ist ausgeschaltet, daher kann diese Seite Ihren Link nicht lesen. Der Code in derselben E‑Mail geht auch.',
    noScriptPlain:
      'JavaScript ist ausgeschaltet, daher kann diese Seite Ihren Link nicht lesen. Mit JavaScript geht es.',
    linkLead:
      'Bitte öffnen Sie den Link in unserer E‑Mail noch einmal, oder holen Sie sich eine neue: Wählen Sie dort, wo Sie sich anmelden, „Passwort vergessen?“.',
    checking: 'Ihr Link wird geprüft …',
    troubleTitle: 'Das hat nicht geklappt',
    tryAgain: 'Noch einmal versuchen',
    unavailable:
      'Wir sind gerade nicht erreichbar. Es wurde nichts geändert. Bitte versuchen Sie es gleich noch einmal.',
    rateLimited:
      'Das war zu oft. Bitte versuchen Sie es {minutes, plural, =0 {in Kürze} one {in einer Minute} other {in # Minuten}} noch einmal.',
    unusableTitle: 'Dieser Link gilt nicht mehr',
    unusableLead: 'Er ist abgelaufen, wurde schon benutzt oder durch eine neuere E‑Mail ersetzt.',
    unusablePlain: 'Einen neuen erhalten Sie dort, wo Sie sich anmelden, unter „Passwort vergessen?“.',
    passwordTitle: 'Neues Passwort wählen',
    passwordFor: 'Für Ihr Konto',
    password: 'Neues Passwort',
    passwordHint:
      'Mindestens {min} Zeichen. Ein paar Wörter, die nicht zusammengehören, sind leicht zu merken und schwer zu erraten.',
    passwordSubmit: 'Neues Passwort speichern',
    show: 'Passwort anzeigen',
    refusedTitle: 'Bitte wählen Sie ein anderes Passwort',
    too_short: 'Es ist zu kurz: Es braucht mindestens {min} Zeichen.',
    too_long: 'Es ist zu lang. Bitte nehmen Sie ein kürzeres.',
    too_common: 'Es gehört zu den Passwörtern, die sehr viele Menschen benutzen.',
    too_guessable:
      'Es ist zu leicht zu erraten. Machen Sie es länger oder mischen Sie Wörter, die nicht zusammengehören.',
    like_login: 'Es ähnelt zu sehr Ihrer E‑Mail-Adresse, Ihrem Benutzernamen oder Ihrem Namen.',
    breached: 'Es steht in einer Liste anderswo gestohlener Passwörter; andere könnten es ausprobieren.',
    missing: 'Noch {count} Zeichen',
    longEnough: 'Lang genug',
    strength0: 'Sehr leicht zu erraten',
    strength1: 'Leicht zu erraten',
    strength2: 'Könnte stärker sein',
    strength3: 'Gut',
    strength4: 'Stark',
    doneTitle: 'Ihr Passwort wurde geändert',
    doneLead:
      'Melden Sie sich ab jetzt mit dem neuen Passwort an. Eine E‑Mail, die die Änderung bestätigt, ist unterwegs.',
    doneContinue: 'Weiter zu {name}',
    notFoundTitle: 'Diese Seite gibt es nicht',
    notFoundLead: 'Bitte prüfen Sie die Adresse, oder beginnen Sie dort, wo Sie sich anmelden.',
    foreignTitle: 'Dieses Formular kam von einer anderen Website',
    foreignLead:
      'Zu Ihrer Sicherheit nehmen wir nur Formulare von unseren eigenen Seiten an. Bitte öffnen Sie die Seite neu und versuchen Sie es noch einmal.',
    tooLargeTitle: 'Das war zu viel',
    tooLargeLead:
      'Ihre Eingabe ist länger, als wir annehmen können. Bitte gehen Sie zurück und kürzen Sie sie.',
    wrongTypeTitle: 'Das konnten wir nicht lesen',
    wrongTypeLead: 'Bitte gehen Sie zurück, öffnen Sie die Seite neu und versuchen Sie es noch einmal.',
    brokenTitle: 'Bei uns ist etwas schiefgegangen',
    brokenLead: 'Bitte versuchen Sie es gleich noch einmal.',
    badLinkTitle: 'Dieser Link stimmt nicht',
    badLinkLead:
      'Er nennt ein Ziel für die Rückkehr, das hier nicht erlaubt ist. Bitte beginnen Sie dort, wo Sie sich anmelden.',
    codeNowhereTitle: 'Der Code gilt hier nicht',
    codeNowhereLead:
      'Diese Seite weiß nicht, zu welchem Konto der Code gehört. Geben Sie ihn dort ein, wo Sie die E‑Mail angefordert haben, oder holen Sie sich eine neue: Wählen Sie dort, wo Sie sich anmelden, „Passwort vergessen?“.',
  },
}
