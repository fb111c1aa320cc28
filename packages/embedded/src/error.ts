/** What stops the embedded Postgres. `message` is one line: what is wrong, and how to mend it. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}

/** The code of a Node system error (`ENOENT`, `EACCES`, …), if `error` is one. */
export const errorCode = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Turns a file system error on the data folder into one clear line; any other error comes back as it is. */
export const explainFileError = (error: unknown, path: string): unknown => {
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
      return new EmbeddedPostgresError(
        `The data folder ${path} cannot be read and written by this user: give it to this user, or point SPAREKEY_DATA at another folder`,
      )
    case 'EROFS':
      return new EmbeddedPostgresError(
        `The data folder ${path} is on a read-only file system: point SPAREKEY_DATA at a folder that can be written`,
      )
    case 'ENOTDIR':
    case 'EEXIST':
      return new EmbeddedPostgresError(
        `The data folder ${path} is not a folder: move the file away, or point SPAREKEY_DATA at another folder`,
      )
    case 'ENOENT':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new EmbeddedPostgresError(
        `The data folder ${path} cannot be made, or has gone: point SPAREKEY_DATA at another folder`,
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new EmbeddedPostgresError(
        `The disk of the data folder ${path} is full: free some space, or point SPAREKEY_DATA at another disk`,
      )
    default:
      return error
  }
}
