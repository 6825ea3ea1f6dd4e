// Performs operations: within a time limit, and equal reads as one, whose answer is kept for a moment.

import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { ApiError } from './errors.js'

/** @typedef {{ text: string, etag: string, isNull: boolean }} Read */

/** Answers that are kept at once. */
const MOST = 500

/**
 * A read that several callers may wait for.
 * @typedef {object} Shared
 * @property {Promise<Read>} answer
 * @property {number} until
 * @property {number} waiting  callers
 * @property {AbortController} left  aborted when none waits any more
 */

/** Equal reads share one. */
export class Reads {
  #keep
  /** @type {Map<string, Shared>} */
  #kept = new Map()

  /** @param {number} keep  milliseconds */
  constructor(keep) {
    this.#keep = keep
  }

  /**
   * @param {string} key  of the caller's rights and the URL
   * @param {AbortSignal} gone  of the caller
   * @param {(left: AbortSignal) => Promise<Read>} read  what it asks for is cancelled when all who share it have gone
   */
  async get(key, gone, read) {
    const now = performance.now()
    for (const [other, { until }] of this.#kept) if (until < now) this.#kept.delete(other)
    const entry = this.#kept.get(key) ?? this.#begin(key, read)
    entry.waiting += 1
    const leave = () => {
      entry.waiting -= 1
      if (entry.waiting > 0) return
      this.#drop(key, entry)
      entry.left.abort()
    }
    return unlessAborted(entry.answer, gone, leave)
  }

  /** After a change, nothing older is shown. */
  clear() {
    this.#kept.clear()
  }

  /** @param {string} key @param {(left: AbortSignal) => Promise<Read>} read */
  #begin(key, read) {
    const left = new AbortController()
    // Valid from its arrival on; until then all share the one that is asked for.
    const entry = { answer: read(left.signal), until: Infinity, waiting: 0, left }
    if (this.#kept.size < MOST) this.#kept.set(key, entry)
    entry.answer.then(
      () => {
        entry.until = performance.now() + this.#keep
        if (this.#keep === 0) this.#drop(key, entry)
      },
      () => this.#drop(key, entry),
    )
    return entry
  }

  /** @param {string} key @param {object} entry */
  #drop(key, entry) {
    if (this.#kept.get(key) === entry) this.#kept.delete(key)
  }
}

/**
 * @template T
 * @param {Promise<T>} answer
 * @param {AbortSignal} gone
 * @param {() => void} leave  called if it is aborted first
 * @returns {Promise<T>}
 */
async function unlessAborted(answer, gone, leave) {
  let stop = () => {}
  const aborted = new Promise((_, reject) => {
    stop = () => {
      leave()
      reject(new ApiError('TIMEOUT', 'the client has gone'))
    }
    if (gone.aborted) stop()
    else gone.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([answer, /** @type {Promise<never>} */ (aborted)])
  } finally {
    gone.removeEventListener('abort', stop)
  }
}

/** @param {string} text */
export function etagOf(text) {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`
}

/** Whether a client has what the answer would be. @param {string | null} header  If-None-Match @param {string} etag */
export function isKnown(header, etag) {
  return (header ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}

/**
 * The value of a promise, unless the time is over first; what it waits for goes on, and its end is of no interest.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} act
 * @param {AbortSignal} aborted  by the client
 * @param {number} ms
 * @returns {Promise<T>}
 */
export async function within(act, aborted, ms) {
  const over = new AbortController()
  const limit = new ApiError('TIMEOUT', `expected an answer within ${ms} ms, got none; what was asked for may still happen`)
  const timer = setTimeout(() => over.abort(limit), ms)
  const stop = () => over.abort(new ApiError('TIMEOUT', 'the client has gone'))
  aborted.addEventListener('abort', stop, { once: true })
  if (aborted.aborted) stop()
  try {
    return await Promise.race([act(over.signal), whenAborted(over.signal)])
  } finally {
    clearTimeout(timer)
    aborted.removeEventListener('abort', stop)
  }
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function whenAborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
