import { createServer } from 'node:net'
import { CommandError, codeOf, portLine } from './failure.ts'

/**
 * Makes sure that a port can be listened on, before anything slower is started.
 * @throws CommandError with one line that names the variable to change.
 */
export async function assertPortFree(host: string, port: number, variable: string): Promise<void> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EADDRINUSE' || code === 'EACCES') throw new CommandError(portLine(code, port, variable))
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      throw new CommandError(`HOST ${host} is no address of this machine (${code}).`)
    throw error
  }
  await new Promise(resolve => probe.close(resolve))
}
