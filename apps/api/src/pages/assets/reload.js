// @ts-check
// A page that answered a form would ask to send the form again on reload, and phones reload by themselves when
// one comes back from reading mail. This gives the entry in the history an address that reloads quietly.
;(() => {
  const note = document.querySelector('[data-reload]')
  if (!(note instanceof HTMLElement)) return
  const { reload, token } = note.dataset
  history.replaceState(token ? { token } : null, '', reload)
})()
