/** What the board's own page lacks for people who see little or nothing (WCAG 2.2: 1.4.3, 2.5.3, 4.1.2), as bull-board 9 is. */

/** Its greys and its green with a contrast of 4.5 everywhere, and nothing that moves for who wants it still. */
export const boardStyle = `<style>
:root { --muted-foreground: #47525c; --hl-meta: #5a6470; --primary: #0b5a51; }
.dark-mode { --muted-foreground: #a3aebc; --hl-meta: #a3aebc; --primary: #3ecfb2; }
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { transition: none !important; animation: none !important; } }
</style>`

/** Names its buttons that are an icon alone, and links by the words on them, also those that come later. */
export const boardScript = `const names = {
  'lucide-copy': 'Copy', 'lucide-ellipsis-vertical': 'More', 'lucide-maximize': 'Full screen',
  'lucide-minimize': 'Leave full screen', 'lucide-settings': 'Settings',
}
const ours = Object.values(names)
function mendNames() {
  for (const icon of document.querySelectorAll('button > svg.lucide')) {
    const button = icon.parentElement
    const label = button.getAttribute('aria-label')
    const known = [...icon.classList].find(each => names[each])
    if (known && !button.textContent.trim() && (!label || ours.includes(label)))
      button.setAttribute('aria-label', names[known])
  }
  for (const link of document.querySelectorAll('a[aria-label]'))
    if (link.textContent.trim()) link.removeAttribute('aria-label')
}
new MutationObserver(mendNames).observe(document.body, { childList: true, subtree: true })
`
