// An engine in a schema of its own, for a test file: migrated with a clock, emptied between tests, dropped at the end.

import { randomBytes } from 'node:crypto'
import { native } from '../addon/index.js'
import { EramEngine } from '../engine/index.js'
import { translated } from '../shared/errors.js'
import { invalidOption, isRecord } from '../shared/validate.js'
import { Clock } from './clock.js'

const MODES = ['manual', 'inline', 'live']

export class TestEngine {
  #database
  #owned
  #keep = false

  /**
   * @param {EramEngine} engine
   * @param {{ url?: unknown, driver?: unknown, prefix: string, force?: unknown }} database
   * @param {boolean} owned  the schema was made for it
   */
  constructor(engine, database, owned) {
    this.engine = engine
    this.prefix = database.prefix
    this.clock = new Clock(/** @type {any} */ (engine))
    this.#database = database
    this.#owned = owned
  }

  /** Deletes all jobs, and takes the clock back. */
  async reset() {
    await translated(native().testing(this.engine.id, 'reset', ''))
  }

  /** Keeps the schema when the engine stops, to look at it. */
  keep() {
    this.#keep = true
  }

  async stop() {
    await this.engine.stop()
    if (!this.#owned) return
    if (this.#keep) process.stderr.write(`The test left its schema: ${this.prefix}\n`)
    else await migrate({ ...this.#database, testing: { drop: true } })
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.stop()
  }
}

/** @param {unknown} [options] */
export async function startTestEngine(options = {}) {
  if (!isRecord(options)) throw invalidOption('startTestEngine', 'an object of options', options)
  const { mode = 'manual', clock = true, prefix = newPrefix(), keep, ...rest } = options
  if (!MODES.includes(mode)) throw invalidOption('startTestEngine.mode', "'manual', 'inline' or 'live'", mode)
  if (typeof clock !== 'boolean') throw invalidOption('startTestEngine.clock', 'true or false', clock)
  if (keep !== undefined && keep !== 'on-failure') throw invalidOption('startTestEngine.keep', "'on-failure'", keep)
  const database = { url: rest.url, driver: rest.driver, prefix, ...(rest.force !== undefined && { force: rest.force }) }
  const owned = options.prefix === undefined
  await migrate({ ...database, ...(clock && { testing: { clock } }) })
  try {
    return new TestEngine(await EramEngine.start({ ...rest, prefix, testing: mode }), database, owned && clock)
  } catch (error) {
    if (owned && clock) await migrate({ ...database, testing: { drop: true } })
    throw error
  }
}

/**
 * Runs `fn` with a test engine, which is stopped afterwards.
 * @param {unknown} options
 * @param {(test: TestEngine) => unknown} fn
 */
export async function withTestEngine(options, fn) {
  if (typeof fn !== 'function') throw invalidOption('withTestEngine', 'a function as the second argument', fn)
  const test = await startTestEngine(options)
  try {
    return await fn(test)
  } catch (error) {
    if (/** @type {any} */ (options)?.keep === 'on-failure') test.keep()
    throw error
  } finally {
    await test.stop()
  }
}

/** @param {object} options */
function migrate(options) {
  return /** @type {any} */ (EramEngine).migrate(options)
}

function newPrefix() {
  return `eram_t_${process.pid}_${randomBytes(5).toString('hex')}`
}
