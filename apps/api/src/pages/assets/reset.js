// @ts-check
// The page of the mailed link. It runs before the page is shown, so that the token leaves the address bar first.
;(() => {
  const root = document.documentElement
  /** @returns {{ token?: string, done?: boolean, redirectUrl?: string } | null} */
  const state = () => history.state

  // The token is kept in this history entry's state: it survives a reload, which phones do unasked, but unlike
  // sessionStorage no other page of this origin can read it, and windows opened from here do not inherit it.
  function takeToken() {
    const token = location.hash.slice(1)
    if (token !== '') history.replaceState({ token }, '', location.pathname + location.search)
  }

  /** @param {string} id */
  const template = id => /** @type {HTMLTemplateElement | null} */ (document.getElementById(id))
  const view = () => /** @type {HTMLElement} */ (document.getElementById('view'))

  /** Puts a template in the card's place and moves the focus to its heading. @param {string} id */
  function show(id) {
    const source = template(id)
    if (!source) return view()
    view().replaceChildren(source.content.cloneNode(true))
    document.title = source.dataset.title ?? document.title
    root.classList.remove('opening')
    view().querySelector('h1')?.focus()
    return view()
  }

  async function open() {
    const { token, done, redirectUrl } = state() ?? {}
    if (done) return showDone(redirectUrl)
    if (!token) return root.classList.remove('opening')
    show('checking')
    const answer = await post('/reset/peek', new URLSearchParams({ token }))
    if (state()?.token !== token) return
    if (answer.status === 410) return void show('unusable')
    if (answer.status !== 200) return showTrouble()
    const { path, login } = answer.body
    // Only the application's own page may load its colours and logo, and speaks its language.
    if (path !== location.pathname) return location.replace(`${path}${location.search}#${token}`)
    showForm(token, login)
  }

  function showTrouble() {
    show('trouble')
      .querySelector('[data-again]')
      ?.addEventListener('click', () => void open())
  }

  /** @param {string} [redirectUrl] */
  function showDone(redirectUrl) {
    const link = /** @type {HTMLAnchorElement | null} */ (show('done').querySelector('[data-continue]'))
    const target = redirectUrl && URL.canParse(redirectUrl) ? new URL(redirectUrl) : null
    if (!link || !target || !/^https?:$/.test(target.protocol)) return link?.remove()
    link.href = target.href
  }

  /** @param {string} token @param {string} login */
  function showForm(token, login) {
    const card = show('choose')
    const form = /** @type {HTMLFormElement} */ (card.querySelector('form'))
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('password'))
    const shown = card.querySelector('[data-login]')
    if (shown) shown.textContent = login
    let busy = false
    form.addEventListener('submit', async event => {
      event.preventDefault()
      if (busy) return
      busy = true
      form.classList.add('busy')
      await save(token, form, field)
      form.classList.remove('busy')
      busy = false
    })
  }

  /** @param {string} token @param {HTMLFormElement} form @param {HTMLInputElement} field */
  async function save(token, form, field) {
    explain(form, field, [])
    const password = field.value
    if ([...password.normalize('NFC')].length < Number(field.dataset.min)) {
      return explain(form, field, ['too_short'])
    }
    const answer = await post('/v1/password-resets', JSON.stringify({ token, password }))
    if (state()?.token !== token) return
    if (answer.status === 200) {
      const { redirectUrl } = answer.body
      history.replaceState({ done: true, redirectUrl }, '', location.pathname + location.search)
      return showDone(redirectUrl)
    }
    if (answer.status === 410) return void show('unusable')
    if (answer.status === 422) return explain(form, field, answer.body.reasons ?? [])
    complain(form, answer.status === 429 ? 'rate_limited' : 'unavailable')
  }

  /**
   * Says why the password was refused, and moves the focus to the field, which is described by it.
   * @param {HTMLFormElement} form @param {HTMLInputElement} field @param {string[]} reasons
   */
  function explain(form, field, reasons) {
    complain(form)
    const box = /** @type {HTMLElement} */ (form.querySelector('#password-errors'))
    box.hidden = reasons.length === 0
    box.querySelector('ul')?.replaceChildren(...reasons.flatMap(message))
    field.setAttribute('aria-describedby', box.hidden ? 'password-hint' : 'password-errors password-hint')
    if (box.hidden) return field.removeAttribute('aria-invalid')
    field.setAttribute('aria-invalid', 'true')
    field.focus()
  }

  /** @param {HTMLFormElement} form @param {string} [trouble] */
  function complain(form, trouble) {
    const box = /** @type {HTMLElement} */ (form.querySelector('#password-trouble'))
    box.hidden = !trouble
    const text = /** @type {HTMLElement} */ (box.querySelector('p'))
    text.textContent = trouble ? (message(trouble)[0]?.textContent ?? '') : ''
  }

  /** A sentence that the server wrote into the page. @param {string} code @returns {Node[]} */
  function message(code) {
    const found = template('messages')?.content.querySelector(`[data-message="${CSS.escape(code)}"]`)
    return found ? [found.cloneNode(true)] : []
  }

  /**
   * Status 0: no answer came.
   * @param {string} path @param {string | URLSearchParams} body @returns {Promise<{ status: number, body: any }>}
   */
  async function post(path, body) {
    const headers = typeof body === 'string' ? { 'Content-Type': 'application/json' } : undefined
    try {
      const answer = await fetch(path, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) })
      return { status: answer.status, body: await answer.json() }
    } catch {
      return { status: 0, body: {} }
    }
  }

  takeToken()
  if (state()?.token || state()?.done) root.classList.add('opening')
  document.addEventListener('DOMContentLoaded', () => void open())
  // A second link followed in the same tab changes only the fragment.
  addEventListener('hashchange', () => {
    takeToken()
    void open()
  })
})()
