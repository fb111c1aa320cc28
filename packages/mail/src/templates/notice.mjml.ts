import { light } from '../look.ts'
import { aside, button, heading, layout, rowsWhen } from './layout.mjml.ts'

const fact = (name: string, value: string) =>
  `<tr><td class="label" style="padding:3px 20px 3px 0;vertical-align:top;white-space:nowrap;color:${light.soft}">{{${name}}}</td><td style="padding:3px 0;color:${light.text};word-break:break-word">{{${value}}}</td></tr>`

/** The mail after a change of password. Every `{{value}}` is filled in at send time. */
export function noticeTemplate(locale: string): string {
  return layout({
    locale,
    content: `
${heading('{{heading}}')}
<mj-text css-class="text">{{greeting}}</mj-text>
<mj-text css-class="text">{{intro}}</mj-text>
<mj-text css-class="facts"><table role="presentation" cellpadding="0" cellspacing="0" border="0" style="font-size:15px;line-height:1.5">${fact('whenLabel', 'changedAt')}{{#if ip}}${fact('fromLabel', 'ip')}{{/if}}{{#if browser}}${fact('browserLabel', 'browser')}{{/if}}</table></mj-text>
${aside('{{notYou}}', '{{notYouAdvice}}')}
${rowsWhen('forgotUrl', button('{{buttonLabel}}', '{{forgotUrl}}'))}`,
  })
}
