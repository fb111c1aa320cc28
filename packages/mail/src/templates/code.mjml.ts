import { light } from '../look.ts'
import { aside, codeBox, heading, layout } from './layout.mjml.ts'

/** The mail that is about a code alone. Every `{{value}}` is filled in at send time. */
export function codeTemplate(locale: string): string {
  return layout({
    locale,
    content: `
${heading('{{heading}}')}
<mj-text css-class="text">{{greeting}}</mj-text>
<mj-text css-class="text">{{intro}}</mj-text>
${codeBox(40)}
<mj-text font-size="14px" color="${light.soft}" css-class="soft">{{codeLife}}</mj-text>
${aside('{{notYou}}', '{{notYouAdvice}}')}`,
  })
}
