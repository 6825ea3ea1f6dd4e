// The color of a series: that of its state, or one of ten by its place.
import type { JobState } from '../types.ts'

/** Results of attempts are shown in the colors of the states that they lead to. */
const RESULTS: Record<string, JobState> = {
  success: 'completed',
  completed: 'completed',
  failure: 'retryable',
  failed: 'retryable',
  retryable: 'retryable',
  discard: 'discarded',
  discarded: 'discarded',
  cancelled: 'cancelled',
  snoozed: 'scheduled',
  scheduled: 'scheduled',
  released: 'suspended',
  lost: 'suspended',
  rescued: 'suspended',
  available: 'available',
  executing: 'executing',
}

/** The name of the token in styles/tokens.css. */
export function tokenOf(key: string, at: number, group: string | null): string {
  const state = group === 'state' ? RESULTS[key] : undefined
  return state ? `--series-${state}` : `--series-${(at % 10) + 1}`
}

export function colorOf(token: string): string {
  // Resolves light-dark(), which a canvas does not know.
  const probe = document.createElement('i')
  probe.style.color = `var(${token})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
