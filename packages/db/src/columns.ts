/** Column kinds that drizzle does not bring. Times are `timestamptz`, by the database's clock. */
import { customType, timestamp } from 'drizzle-orm/pg-core'

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
export const madeAt = () => time('created_at').notNull().defaultNow()
