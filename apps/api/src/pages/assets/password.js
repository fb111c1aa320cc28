// @ts-check
// Show and hide, and a word on the password's strength while it is typed. It listens on the document, since the
// form may be put in later.
;(() => {
  document.documentElement.classList.add('scripted')
  const seen = 64 // The estimate's cost grows fast with length; no password of 64 characters needs a closer look.

  let asked = false
  /** @type {any} */
  let estimator
  /** @type {any} */
  let pause

  /** @param {string} src */
  const load = src =>
    new Promise((resolve, reject) => {
      const script = document.createElement('script')
      script.src = src
      script.onload = resolve
      script.onerror = reject
      document.head.append(script)
    })

  /** @param {HTMLInputElement} field */
  async function loadEstimator(field) {
    if (asked) return
    asked = true
    await Promise.all([load(field.dataset.strength ?? ''), load(field.dataset.strengthWords ?? '')])
    const { core, 'language-common': words } = /** @type {any} */ (window).zxcvbnts
    estimator = new core.ZxcvbnFactory({ dictionary: words.dictionary, graphs: words.adjacencyGraphs })
    judge(field)
  }

  /** @param {HTMLInputElement} field */
  function judge(field) {
    const meter = /** @type {HTMLElement | null} */ (field.closest('.field')?.querySelector('.strength'))
    if (!meter) return
    const password = field.value.normalize('NFC')
    const { level, word } = password === '' ? { level: 0, word: '' } : judgement(field, meter, password)
    meter.hidden = password === ''
    meter.dataset.level = String(level)
    const text = /** @type {HTMLElement} */ (meter.querySelector('.word'))
    const spoken = /** @type {HTMLElement} */ (meter.querySelector('.spoken'))
    text.textContent = word
    clearTimeout(pause)
    pause = setTimeout(() => {
      if (spoken.textContent !== word) spoken.textContent = word
    }, 800)
  }

  /** @param {HTMLInputElement} field @param {HTMLElement} meter @param {string} password */
  function judgement(field, meter, password) {
    const missing = Number(field.dataset.min) - [...password].length
    if (missing > 0) return { level: 0, word: JSON.parse(meter.dataset.missing ?? '[]')[missing - 1] }
    // Until the estimator is there only the length is known, and it promises little.
    if (!estimator) return { level: 1, word: meter.dataset.longEnough ?? '' }
    const name =
      /** @type {HTMLInputElement | null} */ (field.form?.elements.namedItem('username'))?.value ?? ''
    const own = [...JSON.parse(field.dataset.own ?? '[]'), name, ...name.split(/[@.•]+/)].filter(Boolean)
    const { score } = estimator.check(password.slice(0, seen), own)
    return { level: Math.max(1, score), word: JSON.parse(meter.dataset.words ?? '[]')[score] }
  }

  /** @param {EventTarget | null} target */
  const fieldOf = target => (target instanceof HTMLInputElement && target.dataset.strength ? target : null)

  document.addEventListener('focusin', ({ target }) => {
    const field = fieldOf(target)
    if (field) loadEstimator(field).catch(() => {})
  })
  document.addEventListener('input', ({ target }) => {
    const field = fieldOf(target)
    if (field) judge(field)
  })
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('.reveal') : null
    const field = button && document.getElementById(button.getAttribute('aria-controls') ?? '')
    if (!button || !(field instanceof HTMLInputElement)) return
    const shown = field.type === 'password'
    field.type = shown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(shown))
  })
  // Hidden again before it is sent: password managers keep what was in a password field, and a browser's memory
  // of text fields must not.
  document.addEventListener(
    'submit',
    ({ target }) => {
      if (!(target instanceof HTMLFormElement)) return
      const field = target.elements.namedItem('password')
      if (!(field instanceof HTMLInputElement)) return
      field.type = 'password'
      target.querySelector('.reveal')?.setAttribute('aria-pressed', 'false')
    },
    true,
  )
  // An autofocused field got the focus before this ran.
  const focused = fieldOf(document.activeElement)
  if (focused) loadEstimator(focused).catch(() => {})
})()
