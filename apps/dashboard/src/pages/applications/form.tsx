import { createContext, type ReactNode, use, useId } from 'react'
import type { Failure } from '../../api/problem.ts'
import { AreaField, CheckField, type Choice, SelectField, TextField } from '../../parts/field.tsx'

/** What the API found wrong with the form; each field picks its own. */
const Wrong = createContext<Failure['errors']>([])
export const WrongFields = Wrong

function useWrong(name: string): string | undefined {
  const errors = use(Wrong)
  return errors.find(({ path }) => path === name || path.startsWith(`${name}.`))?.message
}

/** A group of fields with its heading at the side where there is room. */
export function Group({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <fieldset
      aria-describedby={about ? id : undefined}
      className="grid gap-x-8 gap-y-4 border-t border-line pt-5 first:border-0 first:pt-0 lg:grid-cols-[14rem_minmax(0,1fr)]"
    >
      <div>
        <legend className="float-left font-semibold">{title}</legend>
        {about && (
          <p id={id} className="clear-left text-sm text-soft">
            {about}
          </p>
        )}
      </div>
      <div className="grid content-start gap-4 sm:grid-cols-2">{children}</div>
    </fieldset>
  )
}

interface InputProps {
  label: string
  name: string
  value?: string | undefined
  hint?: ReactNode
  wide?: boolean
  type?: 'text' | 'email' | 'url' | 'password'
  placeholder?: string
  required?: boolean
}

export function Line({ wide, value, name, ...rest }: InputProps) {
  const wrong = useWrong(name)
  return (
    <TextField
      {...rest}
      name={name}
      defaultValue={value}
      wrong={wrong}
      // By any other name a browser fills in the operator's own.
      autoComplete={rest.type === 'password' ? 'new-password' : 'off'}
      spellCheck={false}
      className={wide ? 'sm:col-span-2' : ''}
    />
  )
}

export function Lines({ value, name, wide, type: _, ...rest }: InputProps) {
  const wrong = useWrong(name)
  return (
    <AreaField
      {...rest}
      name={name}
      defaultValue={value}
      wrong={wrong}
      spellCheck={false}
      className={wide ? 'sm:col-span-2' : ''}
    />
  )
}

interface WholeProps {
  label: string
  name: string
  value: number | undefined
  range: [least: number, most: number]
  hint?: ReactNode
  required?: boolean
}

export function Whole({ value, name, range: [min, max], required = true, hint, label }: WholeProps) {
  const wrong = useWrong(name)
  return (
    <TextField
      label={label}
      type="number"
      inputMode="numeric"
      name={name}
      defaultValue={value}
      min={min}
      max={max}
      required={required}
      hint={hint}
      wrong={wrong}
    />
  )
}

interface PickProps {
  label: string
  name: string
  value: string
  choices: readonly Choice[]
  hint?: ReactNode
  wide?: boolean
  /** Hears what is picked, where other fields depend on it. */
  onPick?(value: string): void
}

export function Pick({ value, name, wide, onPick, ...rest }: PickProps) {
  const wrong = useWrong(name)
  return (
    <SelectField
      {...rest}
      name={name}
      defaultValue={value}
      onChange={event => onPick?.(event.target.value)}
      wrong={wrong}
      className={wide ? 'sm:col-span-2' : ''}
    />
  )
}

export function Check(props: {
  label: string
  name: string
  value?: string
  on: boolean
  hint?: ReactNode
  wide?: boolean
}) {
  const { on, wide, ...rest } = props
  return <CheckField {...rest} defaultChecked={on} className={wide ? 'sm:col-span-2' : ''} />
}
