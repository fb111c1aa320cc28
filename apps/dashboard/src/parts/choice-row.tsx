import { useId } from 'react'

interface Props<V extends string> {
  legend: string
  choices: readonly { value: V; label: string }[]
  value: V
  onChoose(value: V): void
}

/** A few choices side by side, one of them taken: radio buttons to the keyboard and to screen readers. */
export function ChoiceRow<V extends string>({ legend, choices, value, onChoose }: Props<V>) {
  const name = useId()
  return (
    <fieldset className="inline-flex max-w-full flex-wrap gap-0.5 rounded-control border border-line bg-card p-0.5">
      <legend className="sr-only">{legend}</legend>
      {choices.map(choice => (
        <label
          key={choice.value}
          className="relative flex min-h-8.5 cursor-pointer items-center rounded-lg px-3 text-sm leading-tight font-medium text-soft hover:text-text has-checked:bg-brand-ground has-checked:font-semibold has-checked:text-brand-link has-focus-visible:outline-3 has-focus-visible:outline-brand-link"
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
            className="absolute inset-0 cursor-pointer appearance-none opacity-0"
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  )
}
