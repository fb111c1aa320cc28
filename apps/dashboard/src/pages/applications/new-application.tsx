import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { answer, api } from '../../api/client.ts'
import { useAction } from '../../parts/action.ts'
import { BackLink } from '../../parts/back-link.tsx'
import { Button, buttonClass } from '../../parts/button.tsx'
import { OnceShown } from '../../parts/once-shown.tsx'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { FailureNote } from '../../parts/states.tsx'
import { DirectoryFields } from './directory-fields.tsx'
import { Group, Line, Lines, WrongFields } from './form.tsx'
import { valuesOf } from './form-values.ts'
import { keyKindWords } from './words.ts'

interface Made {
  id: string
  name: string
  keys: { secret: string; publishable: string }
  directorySecret?: string | undefined
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
    const { name, slug, brand, directory, directoryUrl, resetUrl, redirectOrigins } = values
    const body = {
      name,
      directory,
      redirectOrigins,
      ...(slug ? { slug } : {}),
      ...(brand.color ? { brand: { color: brand.color } } : {}),
      ...(directoryUrl ? { directoryUrl } : {}),
      ...(resetUrl ? { resetUrl } : {}),
    }
    await run(async () => {
      const { id, name, keys, directorySecret } = await answer(api.POST('/v1/applications', { body }))
      onMade({ id, name, keys, directorySecret })
      await client.invalidateQueries({ queryKey: ['applications'] })
    })
  }

  return (
    <>
      <BackLink href="/applications" to="Applications" />
      <PageTitle title="New application" about="The rest can be set once it is there." />
      <Panel title="What it is">
        <form onSubmit={submit} className="grid gap-6">
          <WrongFields value={failure?.errors ?? []}>
            <Group title="Name and brand">
              <Line label="Name" name="name" required />
              <Line label="Slug" name="slug" hint="In addresses; empty: made from the name" />
              <Line label="Color" name="brand.color" value="#2563eb" hint="Of buttons and headings" />
            </Group>
            <Group title="Accounts">
              <DirectoryFields />
            </Group>
            <Group title="Ways in and out">
              <Line
                wide
                label="Own reset page"
                name="resetUrl"
                placeholder="https://app.example.com/reset#{token}"
                hint="Empty: the hosted page, unless your server sets passwords. {token} belongs after the #."
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

function MadePage({ made: { id, name, keys, directorySecret } }: { made: Made }) {
  return (
    <>
      <PageTitle
        title={`${name} is there`}
        about={`Copy its keys${directorySecret ? ' and its secret' : ''} now: they are shown this once.`}
      />
      <Panel title="Keys">
        <div className="grid gap-3">
          <OnceShown name={`${keyKindWords.secret.name}: for your server`} text={keys.secret} />
          <OnceShown name={`${keyKindWords.publishable.name}: may be in a browser`} text={keys.publishable} />
          {directorySecret !== undefined && (
            <OnceShown name="Directory secret: your server checks calls with it" text={directorySecret} />
          )}
        </div>
        <Link href={`/applications/${id}`} className={`${buttonClass('strong')} mt-5`}>
          I have kept them, go on
        </Link>
      </Panel>
    </>
  )
}
