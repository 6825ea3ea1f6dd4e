// The state of a job: shape, word and color.
import type { JobState } from '../types.ts'
import { StateShape } from './icons.tsx'

/** In the order in which they are shown everywhere. */
export const STATES: readonly JobState[] = [
  'executing',
  'available',
  'scheduled',
  'suspended',
  'retryable',
  'completed',
  'cancelled',
  'discarded',
]

export const isFinal = (state: JobState) => state === 'completed' || state === 'cancelled' || state === 'discarded'

export function State({ state, note }: { state: JobState; note?: string | undefined }) {
  return (
    <span class={`state s-${state}`} title={note}>
      <StateShape state={state} />
      {note ?? state}
    </span>
  )
}
