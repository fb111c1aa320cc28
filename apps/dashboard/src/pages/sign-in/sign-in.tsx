import { type FormEvent, type ReactNode, useEffect, useRef } from 'react'
import { signIn } from '../../api/session-calls.ts'
import { useAction } from '../../parts/action.ts'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { KeyMark } from '../../parts/icons.tsx'
import { FailureNote } from '../../parts/states.tsx'

const reasons = {
  ended:
    'Your session is over: 30 minutes passed without anything being done. Sign in to go on where you were.',
  left: 'You are signed out.',
}

export function SignInPage({ why }: { why?: 'ended' | 'left' }) {
  const { busy, failure, run } = useAction()
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    document.title = 'Sign in · Sparekey'
    form.current?.querySelector<HTMLInputElement>('input[type=password]')?.focus()
  }, [])

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const key = String(new FormData(event.currentTarget).get('key') ?? '').trim()
    if (!busy && key) void run(() => signIn(key))
  }

  const refused = failure?.status === 401
  const tooOften = failure?.status === 429
  return (
    <Alone title="Sign in">
      <p className="text-soft">For operators of this Sparekey.</p>
      {why && (
        <p role="status" className="mt-4 rounded-control bg-ground px-4 py-3">
          {reasons[why]}
        </p>
      )}
      <form ref={form} onSubmit={submit} className="mt-5 grid gap-4">
        {/* Password managers keep a secret beside a name. */}
        <input type="text" name="username" autoComplete="username" value="operator" readOnly hidden />
        <TextField
          label="Operator’s key"
          name="key"
          type="password"
          autoComplete="current-password"
          required
          wrong={refused ? 'This key is not the operator’s. Check that it is whole.' : undefined}
          hint={
            <>
              The value of <code>SPAREKEY_ADMIN_KEY</code>.
            </>
          }
        />
        {tooOften && (
          <p role="alert" className="text-wrong">
            That was too often. Please wait a minute, then try again.
          </p>
        )}
        {failure && !refused && !tooOften && <FailureNote error={failure} />}
        <Button type="submit" look="strong" busy={busy} className="min-h-12">
          Sign in
        </Button>
      </form>
    </Alone>
  )
}

/** A card alone on the page, as the hosted pages have it. */
export function Alone({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="mx-auto w-full max-w-[27rem] px-4 py-[clamp(1.5rem,9vh,6rem)]">
      <header className="flex items-center gap-2.5 px-1 pb-5 text-[1.0625rem] font-semibold">
        <KeyMark />
        Sparekey
      </header>
      <main className="rounded-card border border-line bg-card p-[clamp(1.5rem,5vw,2.25rem)] shadow-card">
        <h1 className="mb-1 text-2xl leading-tight font-bold tracking-tight">{title}</h1>
        {children}
      </main>
    </div>
  )
}
