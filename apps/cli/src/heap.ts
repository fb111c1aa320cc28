import { setFlagsFromString } from 'node:v8'

/**
 * How much the old part of the heap may grow by before it is collected, in percent of what lives in it. V8's own answer is
 * several times as much, which a service under load then holds for ever. With less they pay for it: an API at 30 instead of
 * 60 % takes 4 % more time and 9 MB less, a worker at 60 instead of 100 % 15 % more time, since its jobs outlive the young
 * part of the heap. How large that part is and how many threads V8 has, Node is told at its start only: by package.json,
 * compose file and chart. An API with 8 MB has 16 less than with 16, and takes 5 % more time; left to Node 26, which takes
 * 32, it had 199 MB under full load and a worker 217.
 *
 * They tell the C library as well (mallopt(3), M_MMAP_THRESHOLD). What V8's compilers take, in pieces of up to 32 kB, would
 * stay with their threads when they are done: 12 MB of an API, 4 of a worker, more where more was compiled at once. A piece
 * that the system gave by itself goes back at once. From 8 kB on, not 32, a worker takes a tenth more time. All told, they
 * have some 140 and 185 MB.
 */
const growth = { api: 30, worker: 100 }

/** Keeps a process small that is one part alone, and collects its heap no oftener than it must. */
export function keepHeapSmall(part: keyof typeof growth): void {
  setFlagsFromString(`--heap-growing-percent=${growth[part]}`)
  // Else V8 may find that what a kind of line makes lives long, and puts it into the old part from then on. In one of five
  // runs it found so of things that live for one request: an API collected that part three times as often, for 25 % more time.
  setFlagsFromString('--no-allocation-site-pretenuring')
}
