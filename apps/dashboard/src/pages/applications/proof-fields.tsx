import { useState } from 'react'
import type { Application } from '../../api/types.ts'
import { Group, Line, Pick } from './form.tsx'
import { proofChoices, proofWords } from './words.ts'

/** What shows that a person asks, where anybody could: none, proof of work, or a vendor's widget with its secret. */
export function ProofFields({ application: { humanProof } }: { application: Application }) {
  const stored = humanProof?.kind ?? 'none'
  const [chosen, setChosen] = useState<string>(stored)
  const kind = chosen as keyof typeof proofWords
  // One vendor's keys say nothing to the other.
  const kept = chosen === stored
  return (
    <Group
      title="Machines"
      about="What requests with the publishable key, and from the hosted page, must prove. The secret key needs no proof."
    >
      <Pick
        wide
        label="Human proof"
        name="humanProof.kind"
        value={chosen}
        onPick={setChosen}
        choices={proofChoices}
        hint={proofWords[kind].about}
      />
      {(kind === 'turnstile' || kind === 'hcaptcha') && (
        <>
          <Line
            key={`${kind} site key`}
            label="Site key"
            name="humanProof.siteKey"
            value={kept ? humanProof?.siteKey : undefined}
            required
            hint={`${proofWords[kind].name} shows it beside the secret`}
          />
          <Line
            key={`${kind} secret`}
            label="Secret"
            name="humanProof.secret"
            type="password"
            required={!kept}
            hint={
              kept
                ? 'Never shown again. Empty: the one that is kept stays'
                : 'Kept sealed, and never shown again'
            }
          />
        </>
      )}
    </Group>
  )
}
