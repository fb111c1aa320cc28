import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { answer, api } from '../../api/client.ts'
import type { Delivery, Endpoint } from '../../api/types.ts'
import { useAction } from '../../parts/action.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { tell } from '../../parts/note.tsx'
import { Empty, FailureNote, waitingFor } from '../../parts/states.tsx'
import { Cell, HeadCell, RowHead, Table } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { Attempts } from './attempts.tsx'
import { deliveriesQuery, paramsOf } from './queries.ts'
import { answerOf, statusWords } from './words.ts'

/** What an endpoint was told, what came of it, and the button that tells it once more. */
export function Deliveries({ endpoint }: { endpoint: Endpoint }) {
  const client = useQueryClient()
  const query = useInfiniteQuery(deliveriesQuery(endpoint))
  const { failure, run } = useAction()
  const deliveries = query.data?.pages.flatMap(({ items }) => items) ?? []

  async function replay({ id: deliveryId }: Delivery) {
    const { path, query } = paramsOf(endpoint)
    const params = { path: { ...path, deliveryId }, query }
    const done = await run(async () => {
      await answer(api.POST('/v1/webhooks/{id}/deliveries/{deliveryId}/replay', { params }))
      await client.invalidateQueries(deliveriesQuery(endpoint))
    })
    if (done) tell('It is delivered once more.')
  }

  return (
    <>
      {waitingFor(query)}
      {query.data && deliveries.length === 0 && (
        <Empty title="Nothing was delivered yet">
          The next of its events shows up here. What ended is kept as long as requests are.
        </Empty>
      )}
      {failure && <FailureNote error={failure} />}
      {deliveries.length > 0 && (
        <Table caption={`Deliveries to ${endpoint.url}, newest first`}>
          <thead>
            <tr>
              <HeadCell>Event</HeadCell>
              <HeadCell shown="desktop">Last answer</HeadCell>
              <HeadCell shown="tablet" side="right">
                Tries
              </HeadCell>
              <HeadCell shown="tablet">State</HeadCell>
              <HeadCell side="right">
                <span className="sr-only">Its tries, and replay</span>
              </HeadCell>
            </tr>
          </thead>
          <tbody>
            {deliveries.map(delivery => (
              <Row
                key={delivery.id}
                delivery={delivery}
                canReplay={endpoint.enabled}
                onReplay={() => replay(delivery)}
              />
            ))}
          </tbody>
        </Table>
      )}
      {query.hasNextPage && (
        <div className="mt-3">
          <Button size="small" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  )
}

interface RowProps {
  delivery: Delivery
  canReplay: boolean
  onReplay(): void
}

function Row({ delivery, canReplay, onReplay }: RowProps) {
  const { id, event, status, tries, attempts, createdAt, nextTryAt } = delivery
  const [shown, setShown] = useState(false)
  const attemptsId = useId()
  const state = <Badge tone={statusWords[status].tone}>{statusWords[status].name}</Badge>
  return (
    <>
      <tr className="group">
        <RowHead>
          {event}
          <span className="block text-sm text-soft">
            <Time at={createdAt} />
          </span>
          <code className="hidden text-xs wrap-anywhere text-soft sm:block">{id}</code>
          <span className="mt-1 block sm:hidden">{state}</span>
          <span className="mt-1 block text-sm wrap-normal lg:hidden">
            {answerOf(delivery)}
            <span className="whitespace-nowrap sm:hidden">
              {' '}
              {tries} {tries === 1 ? 'try' : 'tries'}.
            </span>
          </span>
        </RowHead>
        <Cell shown="desktop">
          <span className="text-sm">{answerOf(delivery)}</span>
          {nextTryAt && (
            <span className="block text-sm text-soft">
              Next try <Time at={nextTryAt} />
            </span>
          )}
        </Cell>
        <Cell shown="tablet" side="right">
          {tries}
        </Cell>
        <Cell shown="tablet">{state}</Cell>
        <Cell side="right">
          <span className="inline-flex flex-wrap justify-end gap-2">
            {attempts.length > 0 && (
              <Button
                size="small"
                aria-expanded={shown}
                aria-controls={shown ? attemptsId : undefined}
                onClick={() => setShown(!shown)}
              >
                {shown ? 'Hide tries' : 'Tries'}
                <span className="sr-only"> of {id}</span>
              </Button>
            )}
            {canReplay && (
              <Button size="small" onClick={onReplay}>
                Replay<span className="sr-only"> {id}</span>
              </Button>
            )}
          </span>
        </Cell>
      </tr>
      {shown && (
        <tr id={attemptsId} className="group">
          <td colSpan={5} className="border-b border-line py-2.5 group-last:border-0">
            <Attempts delivery={delivery} />
          </td>
        </tr>
      )}
    </>
  )
}
