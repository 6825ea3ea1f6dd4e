// The words for the states of jobs and attempts, and for the delay between attempts.

export const JOB_STATUS = Object.freeze(
  /** @type {const} */ ({ PENDING: 'pending', RUNNING: 'running', COMPLETED: 'completed', FAILED: 'failed' }),
)

export const ATTEMPT_STATUS = Object.freeze(/** @type {const} */ ({ SUCCESS: 'success', ERROR: 'error' }))

export const BACKOFF_STRATEGY = Object.freeze(/** @type {const} */ ({ NONE: 'none', EXP: 'exp' }))
