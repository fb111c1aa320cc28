import type { Scope } from '../../api/types.ts'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { CheckField } from '../../parts/field.tsx'
import { scopes, scopeWords } from './words.ts'

const reaches = [
  { value: 'all', label: 'Everything' },
  { value: 'some', label: 'Only some of it' },
] as const

interface Props {
  /** Null: everything of the application. */
  scopes: Scope[] | null
  missing: boolean
  onSet(scopes: Scope[] | null): void
}

/** What a secret key may do. */
export function ScopeFields({ scopes: chosen, missing, onSet }: Props) {
  return (
    <div className="grid gap-3">
      <div>
        <p aria-hidden="true" className="mb-1 text-sm font-semibold">
          May do
        </p>
        <ChoiceRow
          legend="May do"
          choices={reaches}
          value={chosen ? 'some' : 'all'}
          onChoose={reach => onSet(reach === 'all' ? null : [])}
        />
      </div>
      {chosen && (
        <fieldset className="grid gap-2.5">
          <legend className="sr-only">Scopes</legend>
          {scopes.map(scope => (
            <CheckField
              key={scope}
              label={scope}
              hint={scopeWords[scope]}
              checked={chosen.includes(scope)}
              onChange={({ target }) =>
                onSet(scopes.filter(each => (each === scope ? target.checked : chosen.includes(each))))
              }
            />
          ))}
          {missing && (
            <p role="alert" className="text-sm text-wrong">
              Choose one at least.
            </p>
          )}
        </fieldset>
      )}
    </div>
  )
}
