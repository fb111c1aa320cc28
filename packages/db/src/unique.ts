/** Whether an error says that a row with this value is there already (SQLSTATE 23505), on the named index if one is given. */
export function isTaken(error: unknown, index?: string): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, constraint_name: name } = at as { code?: unknown; constraint_name?: unknown }
    if (code === '23505') return index === undefined || name === index
  }
  return false
}
