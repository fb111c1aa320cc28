import { type ComponentProps, type ReactNode, useId } from 'react'

export const inputClass =
  'block w-full min-h-10 rounded-control border border-field-line bg-field px-3 py-1.5 text-[0.9375rem] text-text aria-invalid:border-wrong aria-invalid:shadow-[inset_0_0_0_1px_var(--wrong)]'

/** Leaves room for the arrow that the style sheet draws. */
export const selectClass = `${inputClass} pr-9`

interface Around {
  label: string
  hint?: ReactNode
  wrong?: string | undefined
  className?: string
}

interface Described {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: true
}

/** A label above, the hint and what is wrong beneath; `children` gets what ties the control to them. */
export function Field({
  label,
  hint,
  wrong,
  className = '',
  children,
}: Around & { children: (described: Described) => ReactNode }) {
  const id = useId()
  const about = [wrong && `${id}-wrong`, hint && `${id}-hint`].filter(Boolean).join(' ')
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-semibold">
        {label}
      </label>
      {children({
        id,
        ...(about ? { 'aria-describedby': about } : {}),
        ...(wrong ? { 'aria-invalid': true } : {}),
      })}
      {wrong && (
        <p id={`${id}-wrong`} className="mt-1 text-sm text-wrong">
          {wrong}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-soft">
          {hint}
        </p>
      )}
    </div>
  )
}

type TextProps = Around & Omit<ComponentProps<'input'>, 'id'>

export function TextField({ label, hint, wrong, className, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} wrong={wrong} className={className}>
      {described => <input {...rest} {...described} className={inputClass} />}
    </Field>
  )
}

type AreaProps = Around & Omit<ComponentProps<'textarea'>, 'id'>

export function AreaField({ label, hint, wrong, className, ...rest }: AreaProps) {
  return (
    <Field label={label} hint={hint} wrong={wrong} className={className}>
      {described => <textarea rows={3} {...rest} {...described} className={inputClass} />}
    </Field>
  )
}

export interface Choice {
  value: string
  label: string
}

type SelectProps = Around & { choices: readonly Choice[] } & Omit<ComponentProps<'select'>, 'id'>

export function SelectField({ label, hint, wrong, className, choices, ...rest }: SelectProps) {
  return (
    <Field label={label} hint={hint} wrong={wrong} className={className}>
      {described => (
        <select {...rest} {...described} className={selectClass}>
          {choices.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

type CheckProps = Omit<Around, 'wrong'> & Omit<ComponentProps<'input'>, 'id' | 'type'>

export function CheckField({ label, hint, className = '', ...rest }: CheckProps) {
  const id = useId()
  return (
    <div className={`flex gap-2.5 ${className}`}>
      <input
        {...rest}
        type="checkbox"
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-5 shrink-0 accent-brand"
      />
      <div>
        <label htmlFor={id} className="block font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-sm text-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
