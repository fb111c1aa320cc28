import { type Look, light } from '../look.ts'
import { aside, button, heading, layout, mono, rowsWhen } from './layout.mjml.ts'

/** The mail with the link, and the code where there is one. Every `{{value}}` is filled in at send time. */
export function resetTemplate(locale: string, look: Look): string {
  return layout({
    locale,
    look,
    content: `
${heading('{{heading}}')}
<mj-text css-class="text">{{greeting}}</mj-text>
<mj-text css-class="text">{{intro}}</mj-text>
${button('{{buttonLabel}}', '{{link}}', look)}
<mj-text css-class="text">{{life}}</mj-text>
${rowsWhen(
  'code',
  `<mj-text css-class="text" padding="4px 32px 10px">{{codeIntro}}</mj-text>
<mj-text css-class="code box" align="left" padding="0 32px 8px"><table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="background-color:${light.box};border-radius:8px;padding:12px 24px"><div style="font-family:${mono};font-size:28px;line-height:1.3;font-weight:700;letter-spacing:2px;white-space:nowrap;color:${light.text}">{{code}}</div></td></tr></table></mj-text>
<mj-text font-size="14px" color="${light.soft}" css-class="soft">{{codeLife}}</mj-text>`,
)}
<mj-text font-size="14px" color="${light.soft}" padding="0 32px 4px" css-class="soft">{{spelledOut}}</mj-text>
<mj-text font-size="14px" css-class="text"><a href="{{link}}" class="spelled">{{link}}</a></mj-text>
${aside('{{notYou}}', '{{notYouAdvice}}')}`,
  })
}
