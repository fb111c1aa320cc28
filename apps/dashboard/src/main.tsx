import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'
import { toFailure } from './api/problem.ts'
import { lookUpSession } from './api/session-calls.ts'
import { App } from './app.tsx'
import { session } from './session.ts'
import './style.css'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal stays one; what was out of reach may come back.
      retry: (count, thrown) => {
        const { status } = toFailure(thrown)
        return count < 2 && (status === 0 || status >= 500)
      },
    },
  },
})

// Nothing that was read under one session is kept for the next.
session.subscribe(() => {
  if (session.get().is === 'out') client.clear()
})

void lookUpSession()
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Router base="/dashboard">
          <App />
        </Router>
      </QueryClientProvider>
    </StrictMode>,
  )
}
