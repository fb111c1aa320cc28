import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { answer, api } from '../../api/client.ts'
import { useAction } from '../../parts/action.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { FailureNote } from '../../parts/states.tsx'
import { Group, Line, Lines, Pick, WrongFields } from './form.tsx'
import { valuesOf } from './form-values.ts'
import { OnceShown } from './new-key.tsx'
import { directoryChoices, keyKindWords } from './words.ts'

interface Made {
  id: string
  name: string
  keys: { secret: string; publishable: string }
}

export function NewApplicationPage() {
  const [made, setMade] = useState<Made>()
  return made ? <MadePage made={made} /> : <AskPage onMade={setMade} />
}

function AskPage({ onMade }: { onMade(made: Made): void }) {
  const client = useQueryClient()
  const { busy, failure, run } = useAction()

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const values = valuesOf(new FormData(event.currentTarget))
    const { name, slug, brand, directory, resetUrl, redirectOrigins } = values
    const body = {
      name,
      directory,
      redirectOrigins,
      ...(slug ? { slug } : {}),
      ...(brand.color ? { brand: { color: brand.color } } : {}),
      ...(resetUrl ? { resetUrl } : {}),
    }
    await run(async () => {
      const { id, name, keys } = await answer(api.POST('/v1/applications', { body }))
      onMade({ id, name, keys })
      await client.invalidateQueries({ queryKey: ['applications'] })
    })
  }

  return (
    <>
      <PageTitle title="New application" about="The rest can be set once it is there." />
      <Panel title="What it is">
        <form onSubmit={submit} className="grid gap-6">
          <WrongFields value={failure?.errors ?? []}>
            <Group title="Name and brand">
              <Line label="Name" name="name" required />
              <Line label="Slug" name="slug" hint="In addresses; empty: made from the name" />
              <Line label="Color" name="brand.color" value="#2563eb" hint="Such as #2563eb" />
            </Group>
            <Group title="Passwords">
              <Pick wide label="Directory" name="directory" value="builtin" choices={directoryChoices} />
            </Group>
            <Group title="Ways in and out">
              <Line
                wide
                label="Own reset page"
                name="resetUrl"
                placeholder="https://app.example.com/reset#{token}"
                hint="Empty: the hosted page. {token} belongs after the #."
              />
              <Lines
                wide
                label="Origins"
                name="redirectOrigins"
                placeholder="https://app.example.com"
                hint="One a line: may call with the publishable key, and be gone back to"
              />
            </Group>
          </WrongFields>
          {failure && <FailureNote error={failure} />}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" look="strong" busy={busy}>
              Make application
            </Button>
            <Link href="/applications" className={buttonClass()}>
              Leave it
            </Link>
          </div>
        </form>
      </Panel>
    </>
  )
}

function MadePage({ made: { id, name, keys } }: { made: Made }) {
  return (
    <>
      <PageTitle title={`${name} is there`} about="Copy its two keys now: they are shown this once." />
      <Panel title="Keys">
        <div className="grid gap-3">
          <OnceShown name={`${keyKindWords.secret.name}: for your server`} text={keys.secret} />
          <OnceShown name={`${keyKindWords.publishable.name}: may be in a browser`} text={keys.publishable} />
        </div>
        <Link href={`/applications/${id}`} className={`${buttonClass('strong')} mt-5`}>
          I have kept them, go on
        </Link>
      </Panel>
    </>
  )
}
