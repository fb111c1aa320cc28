// @ts-check
/** @typedef {import('../store.ts').StoredMail} Mail */

const base = document.body.dataset.base ?? ''
/** @template {HTMLElement} T @param {string} id @returns {T} */
const $ = id => /** @type {T} */ (document.getElementById(id))

/** @type {Mail[]} newest first */
let mails = []
/** @type {Set<string>} */
const unread = new Set()
/** @type {string | undefined} */
let shown
let tab = 'html'

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

const matching = () => {
  const words = /** @type {HTMLInputElement} */ ($('filter')).value.trim().toLowerCase()
  return mails.filter(mail => `${mail.to}\n${mail.from}\n${mail.subject}`.toLowerCase().includes(words))
}

const chosenId = () => decodeURIComponent(location.hash.slice(1))

/** @param {Mail} mail */
const row = mail => {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('row'))
  const item = /** @type {HTMLElement} */ (template.content.cloneNode(true))
  const link = /** @type {HTMLAnchorElement} */ (item.querySelector('a'))
  link.href = `#${encodeURIComponent(mail.id)}`
  link.dataset.id = mail.id
  if (unread.has(mail.id)) link.dataset.unread = ''
  if (mail.id === chosenId()) link.setAttribute('aria-current', 'true')
  /** @param {string} selector @param {string} text */
  const fill = (selector, text) => {
    const found = item.querySelector(selector)
    if (found) found.textContent = text
  }
  if (unread.has(mail.id)) fill('.unseen', 'Unread. ')
  fill('.who', mail.to)
  fill('.what', mail.subject || '(no subject)')
  const time = /** @type {HTMLTimeElement} */ (item.querySelector('time'))
  time.dateTime = mail.receivedAt
  time.textContent = clock.format(new Date(mail.receivedAt))
  return item
}

const drawList = () => {
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset.id : undefined
  const visible = matching()
  $('mails').replaceChildren(...visible.map(row))
  if (focused) linkOf(focused)?.focus({ preventScroll: true })
  $('empty').hidden = mails.length > 0
  $('no-match').hidden = mails.length === 0 || visible.length > 0
  document.body.toggleAttribute('data-empty', mails.length === 0)
  const clear = /** @type {HTMLButtonElement} */ ($('clear'))
  clear.disabled = mails.length === 0
  document.title = unread.size > 0 ? `(${unread.size}) Mailbox` : 'Mailbox'
}

/** @param {string} id @returns {HTMLAnchorElement | null} */
const linkOf = id => document.querySelector(`#mails a[data-id="${CSS.escape(id)}"]`)

/** @param {string} name */
const openTab = name => {
  tab = name
  for (const button of tabs()) {
    const chosen = button.dataset.tab === name
    button.setAttribute('aria-selected', String(chosen))
    button.tabIndex = chosen ? 0 : -1
    $(`panel-${button.dataset.tab}`).hidden = !chosen
  }
  $('looks').hidden = name !== 'html'
  if (name === 'source' && shown) void loadSource(shown)
}

const tabs = () =>
  /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('[role=tab]')]).filter(
    button => !button.disabled,
  )

/** @param {string} id */
const loadSource = async id => {
  const answer = await fetch(`${base}/messages/${encodeURIComponent(id)}/source`).catch(() => undefined)
  const text = answer?.ok ? await answer.text() : 'The source could not be loaded.'
  if (shown === id) $('source').textContent = text
}

const drawMail = () => {
  const mail = mails.find(one => one.id === chosenId())
  $('mail').hidden = !mail
  $('unchosen').hidden = Boolean(mail) || mails.length === 0
  document.body.dataset.view = mail ? 'mail' : 'list'
  if (shown === mail?.id) return
  shown = mail?.id
  const frame = /** @type {HTMLIFrameElement} */ ($('frame'))
  if (!mail) {
    frame.removeAttribute('src')
    return
  }
  unread.delete(mail.id)
  $('subject').textContent = mail.subject || '(no subject)'
  $('from').textContent = mail.from
  $('to').textContent = mail.to
  const at = /** @type {HTMLTimeElement} */ ($('at'))
  at.dateTime = mail.receivedAt
  at.textContent = full.format(new Date(mail.receivedAt))
  $('text').textContent = mail.text ?? ''
  $('source').textContent = 'Loading…'
  const has = { html: mail.html !== null, text: mail.text !== null, source: true }
  for (const [name, there] of Object.entries(has)) {
    const button = /** @type {HTMLButtonElement} */ ($(`tab-${name}`))
    button.disabled = !there
    if (!there) {
      button.setAttribute('aria-selected', 'false')
      $(`panel-${name}`).hidden = true
    }
  }
  if (mail.html === null) frame.removeAttribute('src')
  else frame.src = `${base}/messages/${encodeURIComponent(mail.id)}/html`
  const wanted = /** @type {keyof typeof has} */ (tab)
  openTab(has[wanted] ? wanted : has.html ? 'html' : has.text ? 'text' : 'source')
}

const draw = () => {
  drawMail()
  drawList()
}

const reload = async () => {
  const answer = await fetch(`${base}/messages`)
  if (!answer.ok) throw new Error(String(answer.status))
  mails = await answer.json()
  for (const id of unread) if (!mails.some(mail => mail.id === id)) unread.delete(id)
  draw()
}

/** @param {'on' | 'off' | 'wait'} state */
const showLine = state => {
  $('live').dataset.state = state
  $('live-words').textContent = { on: 'Live', off: 'Not live', wait: 'Connecting…' }[state]
  $('lost').hidden = state !== 'off'
}

const connect = () => {
  const line = new EventSource(`${base}/stream`)
  line.onopen = () => {
    // What came while the line was down is not sent again, so the list is read anew each time.
    reload().then(
      () => showLine('on'),
      () => showLine('off'),
    )
  }
  line.onerror = () => {
    showLine('off')
    if (line.readyState !== EventSource.CLOSED) return
    // The browser gives up for good on any answer but a stream (a server that is half up).
    setTimeout(connect, 2000)
  }
  line.addEventListener('mail', event => {
    /** @type {Mail} */
    const mail = JSON.parse(event.data)
    if (mails.some(one => one.id === mail.id)) return
    mails.unshift(mail)
    unread.add(mail.id)
    draw()
  })
  line.addEventListener('clear', () => {
    mails = []
    unread.clear()
    draw()
  })
}

/** @param {number} step */
const move = step => {
  const visible = matching()
  const at = visible.findIndex(mail => mail.id === chosenId())
  const next = visible[at < 0 ? 0 : Math.min(Math.max(at + step, 0), visible.length - 1)]
  if (!next) return
  location.hash = encodeURIComponent(next.id)
  linkOf(next.id)?.focus()
}

addEventListener('hashchange', () => {
  const before = shown
  draw()
  // On a phone the list gives way to the mail and back: the focus follows.
  if (!matchMedia('(max-width: 760px)').matches) return
  if (shown) $('mail').focus()
  else if (before) linkOf(before)?.focus()
})

$('filter').addEventListener('input', drawList)
$('clear').addEventListener('click', () => void fetch(`${base}/messages`, { method: 'DELETE' }))

document.querySelector('[role=tablist]')?.addEventListener('click', event => {
  const button = event.target instanceof HTMLElement ? event.target.closest('button') : null
  if (button?.dataset.tab) openTab(button.dataset.tab)
})
document.querySelector('[role=tablist]')?.addEventListener('keydown', event => {
  const key = /** @type {KeyboardEvent} */ (event).key
  const all = tabs()
  const at = all.findIndex(button => button.dataset.tab === tab)
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[key]
  const button = to === undefined ? undefined : all[to % all.length]
  if (!button?.dataset.tab) return
  event.preventDefault()
  openTab(button.dataset.tab)
  button.focus()
})

for (const input of document.querySelectorAll('.choice input')) {
  input.addEventListener('change', () => {
    const { name, value } = /** @type {HTMLInputElement} */ (input)
    if (name === 'width') $('panel-html').dataset.width = value
    else $('frame').dataset.scheme = value
  })
}

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const target = event.target instanceof HTMLElement ? event.target : document.body
  if (target.matches('input')) {
    if (event.key === 'Escape') target.blur()
    return
  }
  const inList = target === document.body || target.closest('.list') !== null
  if (event.key === 'j' || (inList && event.key === 'ArrowDown')) move(1)
  else if (event.key === 'k' || (inList && event.key === 'ArrowUp')) move(-1)
  else if (event.key === '/') $('filter').focus()
  else if (event.key === 'Escape' && shown) location.hash = ''
  else return
  event.preventDefault()
})

if (matchMedia('(prefers-color-scheme: dark)').matches) {
  const dark = /** @type {HTMLInputElement | null} */ (document.querySelector('[name=scheme][value=dark]'))
  if (dark) dark.checked = true
  $('frame').dataset.scheme = 'dark'
}
connect()
