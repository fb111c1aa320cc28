import { useEffect } from 'react'
import type { Failure } from '../../api/problem.ts'
import { lookUpSession } from '../../api/session-calls.ts'
import { Button } from '../../parts/button.tsx'
import { Alone } from './sign-in.tsx'

const againMs = 5_000

export function UnreachablePage({ failure }: { failure: Failure }) {
  useEffect(() => {
    const timer = window.setInterval(() => void lookUpSession(), againMs)
    return () => window.clearInterval(timer)
  }, [])
  return (
    <Alone title={failure.title}>
      <p role="status" className="mb-5 text-soft">
        {failure.message}
      </p>
      <Button onClick={() => void lookUpSession()}>Try now</Button>
    </Alone>
  )
}
