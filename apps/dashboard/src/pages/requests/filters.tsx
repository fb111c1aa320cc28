import type { FormEvent } from 'react'
import { useLocation } from 'wouter'
import { allDialects } from '../../api/types.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Icon } from '../../parts/icons.tsx'
import { useApplications } from '../applications/queries.ts'
import type { RequestFilters } from './queries.ts'
import { statuses, statusWords } from './words.ts'

const statusChoices = [
  { value: '', label: 'Any' },
  ...statuses.map(value => ({ value, label: statusWords[value].name })),
]
const dialectChoices = [{ value: '', label: 'Any' }, ...allDialects.map(value => ({ value, label: value }))]
const spanChoices = [
  { value: '', label: 'Any time' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: 'custom', label: 'Between…' },
]
const nothing = { login: '', status: '', applicationId: '', dialect: '', span: '', from: '', to: '' }

interface Props {
  filters: RequestFilters
  onSet(changes: Partial<Record<keyof RequestFilters, string>>): void
}

export function Filters({ filters, onSet }: Props) {
  const [, navigate] = useLocation()
  const applications = useApplications()
  const applicationChoices = [
    { value: '', label: 'Any' },
    ...(applications.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
  ]
  const set = (name: keyof RequestFilters) => (event: { target: { value: string } }) =>
    onSet({ [name]: event.target.value })

  function search(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('login') ?? '').trim()
    if (/^req_\w+$/.test(text)) navigate(`/requests/${text}`)
    else onSet({ login: text })
  }

  return (
    <search className="grid grid-cols-2 gap-3 lg:grid-cols-[minmax(0,2fr)_repeat(4,minmax(0,1fr))]">
      <form onSubmit={search} className="col-span-2 flex items-end gap-2 lg:col-span-1">
        <TextField
          // The address may change beneath it, by the button back.
          key={filters.login}
          label="Login or id"
          name="login"
          type="search"
          defaultValue={filters.login}
          placeholder="anna@example.com"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          className="min-w-0 grow"
        />
        <Button type="submit" aria-label="Search">
          <Icon name="search" />
        </Button>
      </form>
      <SelectField label="Status" choices={statusChoices} value={filters.status} onChange={set('status')} />
      <SelectField
        label="Application"
        choices={applicationChoices}
        value={filters.applicationId}
        onChange={set('applicationId')}
      />
      <SelectField
        label="Dialect"
        choices={dialectChoices}
        value={filters.dialect}
        onChange={set('dialect')}
      />
      <SelectField label="Time" choices={spanChoices} value={filters.span} onChange={set('span')} />
      {filters.span === 'custom' && (
        <div className="col-span-full grid gap-3 sm:max-w-lg sm:grid-cols-2">
          <MomentField label="From" at={filters.from} onSet={from => onSet({ from })} />
          <MomentField label="To" at={filters.to} onSet={to => onSet({ to })} />
        </div>
      )}
      {Object.values(filters).some(Boolean) && (
        <div className="col-span-full">
          <Button size="small" onClick={() => onSet(nothing)}>
            Clear all filters
          </Button>
        </div>
      )}
    </search>
  )
}

/** A moment that is chosen in the viewer's zone and kept in UTC. */
function MomentField({ label, at, onSet }: { label: string; at: string; onSet(at: string): void }) {
  return (
    <TextField
      label={label}
      type="datetime-local"
      defaultValue={at ? localOf(at) : ''}
      onBlur={({ target }) => onSet(target.value ? new Date(target.value).toISOString() : '')}
    />
  )
}

function localOf(at: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
