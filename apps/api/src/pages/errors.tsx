import type { Child } from 'hono/jsx'

/** What is wrong with one field; the field names it in `aria-describedby`. Empty ones stay for the script. */
export function Errors(props: { id: string; title: string; children?: Child; empty?: boolean }) {
  return (
    <div class="errors" id={props.id} hidden={props.empty}>
      <p>
        <strong>{props.title}</strong>
      </p>
      <ul>{props.children}</ul>
    </div>
  )
}

/** A sentence where one is enough. */
export function ErrorLine(props: { id: string; children: Child }) {
  return (
    <div class="errors" id={props.id}>
      <p>{props.children}</p>
    </div>
  )
}

/** The attributes that tie a field to its hint and its errors. */
export function described(wrong: boolean, errorId: string, ...hints: string[]) {
  const ids = [...(wrong ? [errorId] : []), ...hints]
  return {
    ...(ids.length > 0 ? { 'aria-describedby': ids.join(' ') } : {}),
    ...(wrong ? { 'aria-invalid': 'true' as const, autofocus: true } : {}),
  }
}
