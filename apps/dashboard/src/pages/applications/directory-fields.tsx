import { useState } from 'react'
import type { Application } from '../../api/types.ts'
import { Line, Pick } from './form.tsx'
import { directoryChoices, directoryWords } from './words.ts'

/** Who keeps accounts and passwords, and where the application's own server is asked for them. */
export function DirectoryFields({ directory, directoryUrl }: Partial<Application>) {
  const [chosen, setChosen] = useState<string>(directory ?? 'builtin')
  return (
    <>
      <Pick
        wide
        label="Directory"
        name="directory"
        value={chosen}
        onPick={setChosen}
        choices={directoryChoices}
        hint={directoryWords[chosen as Application['directory']].about}
      />
      {chosen === 'http' && (
        <Line
          wide
          label="Directory URL"
          name="directoryUrl"
          type="url"
          value={directoryUrl}
          required
          placeholder="https://app.example.com/sparekey"
          hint="Asked by POST for accounts, to set passwords and to end sessions; https"
        />
      )}
    </>
  )
}
