// Healthy: a Sparekey answers in this container, on the API's port or on a worker's. Node built-ins only.
const { PORT = '3000', WORKER_PORT = '3001' } = process.env

const alive = async port => {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) })
  if (!answer.ok) throw new Error(`${port} answered ${answer.status}`)
}

const healthy = await Promise.any([alive(PORT), alive(WORKER_PORT)]).then(
  () => true,
  () => false,
)
process.exit(healthy ? 0 : 1)
