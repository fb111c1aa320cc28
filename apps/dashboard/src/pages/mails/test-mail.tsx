import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { answer, api } from '../../api/client.ts'
import type { Application, mailLocales } from '../../api/types.ts'
import { useAction } from '../../parts/action.ts'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Panel } from '../../parts/panel.tsx'
import { FailureNote } from '../../parts/states.tsx'

interface Props {
  application: Application
  locale: (typeof mailLocales)[number]['value']
}

/** Sends one real mail, the way that every other goes. */
export function TestMail({ application: { id, name }, locale }: Props) {
  const { busy, failure, run } = useAction()
  const [sent, setSent] = useState<{ id: string; to: string }>()

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const to = String(new FormData(event.currentTarget).get('to') ?? '').trim()
    setSent(undefined)
    await run(async () => {
      const body = { to, locale }
      const { id: request } = await answer(
        api.POST('/v1/applications/{id}/test-mails', { params: { path: { id } }, body }),
      )
      setSent({ id: request, to })
    })
  }

  const wrong = failure?.errors.find(({ path }) => path === 'to')?.message
  return (
    <Panel title="Send a test to me" about="A real reset mail, by the real mail servers">
      <form onSubmit={submit} className="grid gap-3">
        <TextField
          label="Your address"
          name="to"
          type="email"
          required
          autoComplete="email"
          wrong={wrong}
          hint={`In the brand of ${name}`}
        />
        {failure && !wrong && <FailureNote error={failure} />}
        <Button type="submit" look="strong" busy={busy}>
          Send the test
        </Button>
        <p role="status" className="empty:-mt-3">
          {sent && (
            <>
              On its way to {sent.to}.{' '}
              <Link href={`/requests/${sent.id}`} className="text-brand-link underline underline-offset-4">
                See what becomes of it
              </Link>
            </>
          )}
        </p>
      </form>
    </Panel>
  )
}
