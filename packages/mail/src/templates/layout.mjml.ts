import { dark, light, standIn } from '../look.ts'

const font = `-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif`
const mono = `ui-monospace, SFMono-Regular, Menlo, Consolas, monospace`

// Handlebars takes these apart at send time; MJML keeps its hands off what is in mj-raw.
const when = (name: string, inside: string) =>
  `<mj-raw>{{#if ${name}}}</mj-raw>${inside}<mj-raw>{{/if}}</mj-raw>`

/** Rows of a column that are only there when the value is. */
export const rowsWhen = when

/** The frame of every mail: head, brand, card, footer. `content` are the rows of the card's one column. */
export function layout({ locale, content }: { locale: string; content: string }): string {
  return `<mjml lang="${locale}" dir="ltr">
<mj-head>
<mj-title>{{subject}}</mj-title>
<mj-preview>{{preheader}}</mj-preview>
<mj-attributes>
<mj-all font-family="${font}" />
<mj-text color="${light.text}" font-size="16px" line-height="1.5" padding="0 32px 16px" />
<mj-body background-color="${light.page}" />
</mj-attributes>
<mj-style>${styles()}</mj-style>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no"></mj-raw>
</mj-head>
<mj-body width="560px" css-class="page">
<mj-section padding="28px 8px 16px"><mj-column>
<mj-raw>{{#if logoUrl}}</mj-raw>
<mj-image src="{{logoUrl}}" alt="{{app}}" height="36px" width="160px" align="left" padding="0 32px" css-class="logo" font-size="20px" />
<mj-raw>{{else}}</mj-raw>
<mj-text font-size="20px" font-weight="700" padding="0 32px" css-class="strong">{{app}}</mj-text>
<mj-raw>{{/if}}</mj-raw>
</mj-column></mj-section>
<mj-wrapper padding="0 8px"><mj-section background-color="${light.card}" border-radius="10px" padding="32px 0 16px" css-class="card"><mj-column>
${content}
</mj-column></mj-section></mj-wrapper>
<mj-section padding="20px 8px 36px"><mj-column>
${when('supportEmail', `<mj-text font-size="14px" color="${light.soft}" padding="0 32px 10px" css-class="soft">{{support}} <a href="mailto:{{supportEmail}}" class="quiet">{{supportEmail}}</a></mj-text>`)}
<mj-text font-size="13px" color="${light.soft}" padding="0 32px 4px" css-class="soft">{{reason}}</mj-text>
<mj-text font-size="13px" color="${light.soft}" padding="0 32px" css-class="soft">{{imprint}}</mj-text>
</mj-column></mj-section>
</mj-body>
</mjml>`
}

/** The one thing to press. */
export function button(label: string, href: string): string {
  return `<mj-button href="${href}" background-color="${standIn.brand}" color="${standIn.onBrand}" border="1px solid ${standIn.edge}" border-radius="8px" font-size="17px" font-weight="600" line-height="1.3" align="left" inner-padding="14px 26px" padding="6px 32px 20px" css-class="button">${label}</mj-button>`
}

export function heading(text: string): string {
  return `<mj-text font-size="24px" line-height="1.3" font-weight="700" padding="0 32px 20px" css-class="strong"><h1 style="margin:0;font-size:24px;line-height:1.3;font-weight:700">${text}</h1></mj-text>`
}

/** The code, to be read across a table. */
export function codeBox(size: number): string {
  return `<mj-text css-class="code box" align="left" padding="0 32px 8px"><table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="background-color:${light.box};border-radius:8px;padding:12px 24px"><div style="font-family:${mono};font-size:${size}px;line-height:1.3;font-weight:700;letter-spacing:2px;white-space:nowrap;color:${light.text}">{{code}}</div></td></tr></table></mj-text>`
}

/** What to do if it wasn't you: set apart by a line. */
export function aside(title: string, text: string): string {
  return `<mj-divider border-width="1px" border-color="${light.line}" padding="8px 32px 20px" css-class="line" />
<mj-text css-class="text"><h2 style="margin:0 0 4px;font-size:16px;line-height:1.5;font-weight:700">${title}</h2>${text}</mj-text>`
}

function styles(): string {
  // Outlook's app rewrites colours and marks what it has touched with data-ogsc (text) and data-ogsb (ground).
  const paint = (prefix: string) => `
${prefix}.page,${prefix}.page>div{background-color:${dark.page} !important}
${prefix}.card,${prefix}.card>table,${prefix}.card>table>tbody>tr>td{background-color:${dark.card} !important}
${prefix}.strong div,${prefix}.text div,${prefix}.code div{color:${dark.text} !important}
${prefix}.soft div,${prefix}.soft a,${prefix}.facts td.label{color:${dark.soft} !important}
${prefix}.facts td{color:${dark.text} !important}
${prefix}.box td{background-color:${dark.box} !important}
${prefix}.line p{border-top-color:${dark.line} !important}
${prefix}.button td{border-color:${standIn.darkEdge} !important}
${prefix}.spelled{color:${dark.text} !important}`
  return `
:root{color-scheme:light dark;supported-color-schemes:light dark}
a.quiet{color:inherit;text-decoration:underline}
.spelled{color:${light.text};text-decoration:underline;word-break:break-all}
.logo img{object-fit:contain;object-position:left center}
@media (max-width:480px){.button table,.button td,.button a{width:100% !important;box-sizing:border-box}}
@media (prefers-color-scheme:dark){${paint('')}
}
${paint('[data-ogsc] ')}`
}
