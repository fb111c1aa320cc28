// Loaded before anything else by a child whose clock is off: Date tells another time, as does all that asks it. Timers,
// performance.now and the clocks of Postgres and Redis go on as they were.
const { FAULT_CLOCK_MS = '0' } = process.env
const off = Number(FAULT_CLOCK_MS)
const RealDate = Date
const now = () => RealDate.now() + off

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) => Reflect.construct(target, given.length > 0 ? given : [now()], made),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, self) => (name === 'now' ? now : Reflect.get(target, name, self)),
})
