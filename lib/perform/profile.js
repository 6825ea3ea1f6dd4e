// Takes a V8 CPU profile of an attempt, on its own thread, for a row in eram_profiles. Whatever goes wrong here is a note beside
// the profile, and never an error of the attempt.

import { createRequire } from 'node:module'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { ATTEMPT, META, RUN } from './columns.js'

/** @import { Profiler, Session } from 'node:inspector' */
/** @import { Row } from './row.js' */

/** Microseconds between samples. */
const INTERVAL = 1000
/** Milliseconds after which a profile ends before its attempt does. */
const MAX_TIME = 60_000
/** Of the JSON text. */
const MAX_LENGTH = 4 * 1024 * 1024
/** Of the room for samples that is used, as some are longer than others. */
const SHARE = 0.9

/** The one that is being taken on this thread. @type {AttemptProfile | undefined} */
let current

/**
 * An attempt begins on this thread: takes its profile if a mark in meta has its number.
 * @param {Row} row
 * @param {ReadonlyMap<number, unknown>} running  attempts on this thread, by run
 */
export function beginProfile(row, running) {
  current?.begun()
  if (row[META]?.profile_attempt !== row[ATTEMPT]) return undefined
  return new AttemptProfile(running.size - Number(running.has(row[RUN])))
}

class AttemptProfile {
  /** @type {string[]} */
  #notes = []
  /** @type {Session | undefined} */
  #session
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {Profiler.Profile | undefined} */
  #profile
  #others

  /** @param {number} others  attempts that run on this thread */
  constructor(others) {
    this.#others = others
    if (current) this.#notes.push('none was taken, because another attempt was being profiled on this thread')
    else this.#attempt(() => this.#begin())
  }

  /** Another attempt begins on the thread. */
  begun() {
    this.#others += 1
  }

  /**
   * Ends it.
   * @param {Row} row
   * @returns {string} the report for the engine
   */
  end(row) {
    this.#attempt(() => this.#stop())
    const { text, note } = this.#profile ? profileText(this.#profile) : { text: null, note: null }
    if (note !== null) this.#notes.push(note)
    if (text !== null && this.#others > 0) this.#notes.push(`with code of other attempts on the thread: ${this.#others} ran meanwhile`)
    return JSON.stringify({ run: row[RUN], attempt: row[ATTEMPT], profile: text, note: this.#notes.join('; ') || null })
  }

  #begin() {
    // A static import would cost every isolate.
    const inspector = createRequire(import.meta.url)('node:inspector')
    this.#session = /** @type {Session} */ (new inspector.Session())
    this.#session.connect()
    current = this
    this.#post('Profiler.enable')
    this.#post('Profiler.setSamplingInterval', { interval: INTERVAL })
    this.#post('Profiler.start')
    this.#timer = setTimeout(() => {
      this.#notes.push(`the first ${MAX_TIME / 1000} s only`)
      this.#attempt(() => this.#stop())
    }, MAX_TIME).unref()
  }

  #stop() {
    clearTimeout(this.#timer)
    if (!this.#session) return
    this.#profile = /** @type {{ profile: Profiler.Profile }} */ (this.#post('Profiler.stop')).profile
    this.#close()
  }

  /** @param {() => void} act */
  #attempt(act) {
    try {
      act()
    } catch (error) {
      this.#notes.push(`none was taken: ${error instanceof Error ? error.message : String(error)}`)
      this.#close()
    }
  }

  #close() {
    if (current === this) current = undefined
    const session = this.#session
    this.#session = undefined
    session?.disconnect()
  }

  /** A session on its own thread answers at once. @param {string} method @param {object} [params] */
  #post(method, params) {
    /** @type {Error | null} */
    let failure = null
    /** @type {unknown} */
    let answer
    this.#session?.post(method, params, (error, result) => {
      failure = error
      answer = result
    })
    if (failure) throw failure
    return answer
  }
}

/**
 * The JSON of a profile, with fewer samples where it is too long.
 * @param {Profiler.Profile} profile
 * @param {number} [limit]  characters
 * @returns {{ text: string | null, note: string | null }}
 */
export function profileText(profile, limit = MAX_LENGTH) {
  const text = JSON.stringify(profile)
  if (text.length <= limit) return { text, note: null }
  const { samples = [], timeDeltas = [] } = profile
  const bare = JSON.stringify({ ...profile, samples: [], timeDeltas: [] }).length
  const kept = Math.floor((samples.length * (limit - bare) * SHARE) / (text.length - bare))
  const fewer = kept > 0 ? JSON.stringify({ ...profile, samples: samples.slice(0, kept), timeDeltas: timeDeltas.slice(0, kept) }) : ''
  if (kept > 0 && fewer.length <= limit)
    return { text: fewer, note: `the first ${kept} of ${samples.length} samples only, as it is too long` }
  return { text: null, note: `left out, as its call tree of ${bare} characters is longer than ${limit}` }
}
