// What an outcome means for a job, by the rules in JavaScript: those of src/model/outcome/ack.rs and src/model/backoff.rs, without
// what spreads retries. __test__/support/fixtures/outcomes.json holds both to the same answers.

/** @typedef {'oban' | 'exp' | 'none' | { base: number, factor: number, max: number, jitter: number }} Backoff */
/** @typedef {{ attempt: number, max_attempts: number, backoff: Backoff | null }} Attempted */
/** @typedef {{ outcome: string, delay?: number | null, seconds?: number }} Detail  an outcome, as the runner gives it */
/** @typedef {{ state: string, delay: number | null, event: 'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released' }} Meaning */

/** The longest delay of a backoff, in seconds. */
const MAX_DELAY = 30 * 86_400
/** The longest that a job may ask for: 100 years, in seconds. */
const MAX_DURATION = 3_155_760_000

/**
 * @param {Attempted} job
 * @param {Detail} detail
 * @returns {Meaning}
 */
export function meaningOf(job, { outcome, delay, seconds = 0 }) {
  if (outcome === 'completed') return { state: 'completed', delay: null, event: 'success' }
  if (outcome === 'cancelled') return { state: 'cancelled', delay: null, event: 'cancelled' }
  if (outcome === 'discarded') return { state: 'discarded', delay: null, event: 'discard' }
  if (outcome === 'snoozed') return { state: 'scheduled', delay: clamped(seconds), event: 'snoozed' }
  if (outcome === 'released') return { state: 'available', delay: null, event: 'released' }
  if (job.attempt >= job.max_attempts) return { state: 'discarded', delay: null, event: 'discard' }
  return { state: 'retryable', delay: typeof delay === 'number' ? clamped(delay) : shortestDelay(job), event: 'failure' }
}

/**
 * Seconds to the next attempt, at least.
 * @param {Attempted} job
 */
export function shortestDelay({ attempt, max_attempts, backoff }) {
  return Math.min(waitOf(backoff ?? 'oban', Math.max(attempt, 1), max_attempts), MAX_DELAY)
}

/** @param {Backoff} backoff @param {number} attempt @param {number} max_attempts */
function waitOf(backoff, attempt, max_attempts) {
  if (backoff === 'none') return 0
  if (backoff === 'exp') return 2 ** attempt
  if (backoff === 'oban') {
    const step = max_attempts <= 20 ? attempt : Math.round((attempt / max_attempts) * 20)
    return 15 + 2 ** Math.min(step, 100)
  }
  const { base, factor, max } = backoff
  return Math.min(base * Math.min(factor ** (attempt - 1), 1e300), max)
}

/** @param {number} seconds */
function clamped(seconds) {
  return Math.min(Math.max(seconds, 0), MAX_DURATION)
}
