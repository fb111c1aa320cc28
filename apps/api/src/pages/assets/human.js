// @ts-check
// Puts ALTCHA's widget into the form, with our own words and our own worker, and lets it begin at once.
;(() => {
  const place = document.querySelector('[data-human]')
  if (!(place instanceof HTMLElement)) return
  const { challenge, work, words } = place.dataset
  const language = document.documentElement.lang
  const { $altcha } = /** @type {any} */ (globalThis)
  $altcha.algorithms.set('SHA-256', () => new Worker(work ?? ''))
  $altcha.i18n.set(language, { ...$altcha.i18n.get('en'), ...JSON.parse(words ?? '{}') })
  const widget = document.createElement('altcha-widget')
  const settings = {
    hideLogo: true,
    hideFooter: true,
    humanInteractionSignature: false,
    validationMessage: '',
  }
  for (const [name, value] of Object.entries({
    challenge,
    language,
    name: 'humanProof',
    auto: 'onload',
    configuration: JSON.stringify(settings),
  }))
    widget.setAttribute(name, value ?? '')
  place.replaceChildren(widget)
})()
