import { useState } from 'react'
import { SelectField, TextField } from '../../parts/field.tsx'

const dayMs = 86_400_000
const choices = [
  { value: '', label: 'Never' },
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'day', label: 'On a day I choose' },
]

/** When a key ends: after so many days, or with the end of a day in the viewer's own zone. */
export function ExpiryField({ wrong }: { wrong?: string | undefined }) {
  const [choice, setChoice] = useState('')
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Expires"
        name="expires"
        value={choice}
        onChange={({ target }) => setChoice(target.value)}
        choices={choices}
        hint="After that it is refused"
        wrong={choice === 'day' ? undefined : wrong}
      />
      {choice === 'day' && (
        <TextField label="Its last day" name="lastDay" type="date" min={today()} required wrong={wrong} />
      )}
    </div>
  )
}

/** Of the viewer's own zone, as date fields want it. */
const today = () => new Date().toLocaleDateString('sv')

/** What those fields hold, as the API takes it; undefined: never. */
export function expiryOf(form: FormData): string | undefined {
  const choice = String(form.get('expires') ?? '')
  if (choice === '') return undefined
  if (choice !== 'day') return new Date(Date.now() + Number(choice) * dayMs).toISOString()
  const end = new Date(`${form.get('lastDay')}T23:59:59`)
  return Number.isNaN(end.getTime()) ? undefined : end.toISOString()
}
