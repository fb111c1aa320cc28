import type { ComponentProps } from 'react'

const looks = {
  strong: 'border-brand-edge bg-brand text-white hover:bg-brand-hover',
  quiet: 'border-field-line/60 bg-card text-text hover:bg-ground hover:border-field-line',
  danger: 'border-danger bg-danger text-white hover:bg-danger-hover',
}
const sizes = {
  usual: 'min-h-10 px-4 text-[0.9375rem]',
  small: 'min-h-8 px-3 text-sm',
}
const always =
  'inline-flex items-center justify-center gap-2 rounded-control border font-semibold leading-tight no-underline transition-colors disabled:opacity-55'

export type Look = keyof typeof looks

export function buttonClass(look: Look = 'quiet', size: keyof typeof sizes = 'usual'): string {
  return `${always} ${looks[look]} ${sizes[size]}`
}

interface Props extends ComponentProps<'button'> {
  look?: Look
  size?: keyof typeof sizes
  busy?: boolean
}

/** A button; while it works it keeps its place and its focus. */
export function Button({ look, size, busy, type = 'button', onClick, className = '', ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={busy || undefined}
      onClick={event => (busy ? event.preventDefault() : onClick?.(event))}
      className={`${buttonClass(look, size)} ${busy ? 'cursor-progress opacity-65' : ''} ${className}`}
    />
  )
}
