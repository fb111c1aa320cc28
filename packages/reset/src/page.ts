import { type IdPrefix, isId } from '@sparekey/db/id'
import { invalid } from './errors.ts'

/** A part of a list, newest first; `nextCursor` is null on the last one. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** How a list is asked for: `cursor` as the page before gave it, `limit` items at most. */
export interface PageQuery {
  cursor?: string | undefined
  limit: number
}

/** The id after which a page goes on. Throws ResetError `invalid_request` for a cursor that we never gave out. */
export function decodeCursor(prefix: IdPrefix, cursor: string): string {
  const id = cursor.length <= 100 ? Buffer.from(cursor, 'base64url').toString('utf8') : ''
  if (!isId(prefix, id)) throw invalid('cursor', 'must be the nextCursor of an earlier page')
  return id
}

/** The cursor that goes on after this id. */
export const encodeCursor = (id: string): string => Buffer.from(id, 'utf8').toString('base64url')

/** The page of `limit` items from rows fetched with `limit + 1`: the one too many says that there are more. */
export function toPage<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null,
  }
}
