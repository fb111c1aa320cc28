import { useSearchParams } from 'wouter'

/** What the page shows, kept in its address, so that it can be passed on and gone back to. */
export function useFilters() {
  const [params, setParams] = useSearchParams()

  function get(name: string): string
  function get<V extends string>(name: string, allowed: readonly V[], fallback: V): V
  function get(name: string, allowed?: readonly string[], fallback = ''): string {
    const value = params.get(name) ?? fallback
    return allowed === undefined || allowed.includes(value) ? value : fallback
  }

  function set(changes: Record<string, string | undefined>): void {
    setParams(
      before => {
        const after = new URLSearchParams(before)
        for (const [name, value] of Object.entries(changes)) {
          if (value) after.set(name, value)
          else after.delete(name)
        }
        return after
      },
      { replace: true },
    )
  }
  return { get, set }
}
