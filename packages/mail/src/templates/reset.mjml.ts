import { light } from '../look.ts'
import { aside, button, codeBox, heading, layout, rowsWhen } from './layout.mjml.ts'

/** The mail with the link, and the code where there is one. Every `{{value}}` is filled in at send time. */
export function resetTemplate(locale: string): string {
  return layout({
    locale,
    content: `
${heading('{{heading}}')}
<mj-text css-class="text">{{greeting}}</mj-text>
<mj-text css-class="text">{{intro}}</mj-text>
${button('{{buttonLabel}}', '{{link}}')}
<mj-text css-class="text">{{life}}</mj-text>
${rowsWhen(
  'code',
  `<mj-text css-class="text" padding="4px 32px 10px">{{codeIntro}}</mj-text>
${codeBox(28)}
<mj-text font-size="14px" color="${light.soft}" css-class="soft">{{codeLife}}</mj-text>`,
)}
<mj-text font-size="14px" color="${light.soft}" padding="0 32px 4px" css-class="soft">{{spelledOut}}</mj-text>
<mj-text font-size="14px" css-class="text"><a href="{{link}}" class="spelled">{{link}}</a></mj-text>
${aside('{{notYou}}', '{{notYouAdvice}}')}`,
  })
}
