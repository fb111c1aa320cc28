/**
 * Whether this is the long form of the suites: full counts, and leases and rounds waited for as they are. The short form
 * of `npm test` makes rows look older where nothing but waiting would be shown. Set by vitest.suites.config.ts.
 */
export const isLong = process.env.SPAREKEY_LONG === '1'
