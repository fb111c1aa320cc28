/** A call that was refused or never arrived, told so that it can be shown. */
export interface Failure extends Error {
  /** 0: no answer came. */
  status: number
  code: string
  title: string
  errors: { path: string; message: string }[]
}

interface Problem {
  code?: unknown
  title?: unknown
  detail?: unknown
  errors?: unknown
}

export function failureOf(status: number, body: unknown): Failure {
  const { code, title, detail, errors } = (body && typeof body === 'object' ? body : {}) as Problem
  const name = typeof title === 'string' ? title : 'That did not work'
  return Object.assign(new Error(typeof detail === 'string' ? detail : `The answer was ${status}.`), {
    status,
    code: typeof code === 'string' ? code : 'unknown',
    title: name,
    errors: Array.isArray(errors) ? (errors as Failure['errors']) : [],
  })
}

/** Whatever was thrown, as a Failure. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Error && 'status' in thrown) return thrown as Failure
  return Object.assign(new Error('Check your connection; we try again by ourselves.'), {
    status: 0,
    code: 'unreachable',
    title: 'Sparekey is out of reach',
    errors: [],
  })
}
