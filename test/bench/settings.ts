/** How long and how often things are measured. */
export interface Settings {
  quick: boolean
  rounds: number
  connections: number
  /** People with an account: none of them asks twice within a minute. */
  people: number
  warmSeconds: number
  seconds: number
  /** Requests accepted whose mail is not there yet: the load waits beyond that. */
  backlog: number
  /** Mails in the queue of a worker that is measured alone, and of the pool beside it. */
  queued: number
  pooled: number
  /** POST to inbox: requests of one round, at five a second. */
  inbox: number
  /** Requests that a process's memory is looked at for, and what they may take. */
  memoryRequests: number
  memorySeconds: number
  fewRows: number
  manyRows: number
  /** What operators look at: requests of the past, jobs that wait, and how often each thing is looked up in a round. */
  pastRows: number
  waitingJobs: number
  looks: number
  /** Workers beside a slow relay, and mails in the queue for each of them. */
  workers: number[]
  queuedEach: number
}

/** About twenty minutes, six of them for ten million rows; in a slow hour a quarter more. */
export const full: Settings = {
  quick: false,
  rounds: 3,
  connections: 64,
  people: 600_000,
  warmSeconds: 2,
  seconds: 4,
  backlog: 2_000,
  queued: 12_000,
  pooled: 4_000,
  inbox: 34,
  memoryRequests: 200_000,
  memorySeconds: 240,
  fewRows: 10_000,
  manyRows: 10_000_000,
  pastRows: 1_000_000,
  waitingJobs: 20_000,
  looks: 40,
  workers: [1, 2, 4, 8],
  queuedEach: 1_000,
}

/** Under two minutes, for the first four measures; too short for figures that are to be believed. */
export const quick: Settings = {
  quick: true,
  rounds: 1,
  connections: 64,
  people: 90_000,
  warmSeconds: 1,
  seconds: 1.5,
  backlog: 500,
  queued: 2_000,
  pooled: 800,
  inbox: 20,
  memoryRequests: 10_000,
  memorySeconds: 30,
  fewRows: 10_000,
  manyRows: 100_000,
  pastRows: 20_000,
  waitingJobs: 500,
  looks: 10,
  workers: [1, 2],
  queuedEach: 200,
}

/** The whole run's bound: a measure that would begin later is left out, and the results say so. */
export const wholeRunSeconds = 1_800
