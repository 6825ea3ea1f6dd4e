// The clock of a test schema. It only moves when it is told to, from one due moment to the next, so that each scheduled job and each
// tick of a cron entry happens at its time.

import { native } from '../addon/index.js'
import { EramError, translated } from '../shared/errors.js'
import { invalidOption } from '../shared/validate.js'
import { milliseconds } from './expected.js'

/** @typedef {{ id: number, cron: { list: () => Promise<any[]> } }} TestedEngine */

const MAX_STEPS = 10_000
const PLUGINS = JSON.stringify(['stager', 'cron'])
/** Once, at the end. */
const LAST = JSON.stringify(['pruner'])

export class Clock {
  #engine

  /** @param {TestedEngine} engine */
  constructor(engine) {
    this.#engine = engine
  }

  async now() {
    return new Date((await this.#time()).now)
  }

  /** @param {unknown} duration  a bare number is in milliseconds */
  async advance(duration) {
    const by = milliseconds(duration, 'clock.advance')
    return this.#to((await this.#time()).now + by)
  }

  /** @param {Date} at */
  async set(at) {
    if (!(at instanceof Date) || Number.isNaN(at.getTime())) throw invalidOption('clock.set', 'a Date', at)
    return this.#to(at.getTime())
  }

  /** Back to the time of the server; jobs keep their times. */
  async reset() {
    await this.#run('set_clock', {})
  }

  /** @param {number} target  milliseconds since 1970 */
  async #to(target) {
    const done = { staged: 0, ticks: 0 }
    /** @type {Map<string, number>} */
    const ticks = new Map()
    let { now: reached } = await this.#time()
    // A move backwards passes no due moment.
    for (let steps = 0; reached < target; steps++) {
      const next = Math.min(await this.#nextMoment(reached), target)
      if (steps >= MAX_STEPS) throw tooMany(ticks)
      const before = await this.#engine.cron.list()
      const waiting = await this.#waiting()
      await this.#run('set_clock', { at: next })
      await translated(native().tick(this.#engine.id, PLUGINS))
      const last = new Map(before.map((entry) => [entry.name, Number(entry.last_at)]))
      for (const { name, last_at } of await this.#engine.cron.list()) {
        if (last_at === null || Number(last_at) === last.get(name)) continue
        done.ticks += 1
        ticks.set(name, (ticks.get(name) ?? 0) + 1)
      }
      done.staged += Math.max(waiting - (await this.#waiting()), 0)
      reached = next
    }
    await this.#run('set_clock', { at: target })
    await translated(native().tick(this.#engine.id, LAST))
    return done
  }

  /** The next moment after this one at which a job or a tick is due. @param {number} after */
  async #nextMoment(after) {
    const { due } = await this.#run('time', { after })
    const entries = (await this.#engine.cron.list()).filter(({ paused, next_at }) => !paused && next_at !== null)
    const ticks = entries.map(({ next_at }) => next_at.getTime()).filter((at) => at > after)
    return Math.min(due === null ? Infinity : Math.ceil(due), ...ticks)
  }

  async #waiting() {
    return (await this.#run('find', { states: ['scheduled', 'retryable'] })).length
  }

  /** @returns {Promise<{ now: number, due: number | null }>} */
  #time() {
    return this.#run('time', {})
  }

  /** @param {string} statement @param {object} request */
  async #run(statement, request) {
    const text = await translated(native().testing(this.#engine.id, statement, JSON.stringify(request)))
    return typeof text === 'string' && /^[[{]/.test(text) ? JSON.parse(text) : text
  }
}

/** @param {Map<string, number>} ticks */
function tooMany(ticks) {
  const [busiest] = [...ticks].sort(([, a], [, b]) => b - a)
  const got = busiest ? `more; cron entry "${busiest[0]}" alone ticked ${busiest[1]} times` : 'more'
  return new EramError('ERAM_CONFIG', `clock.advance: expected at most ${MAX_STEPS} due moments, got ${got}; advance by less`)
}
