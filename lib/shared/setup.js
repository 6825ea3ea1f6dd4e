// The setup of an isolate: files of the application that are imported before any job class. They start and stop what jobs need
// there, such as a container of dependencies, and make the instances of job classes. The main thread has one for each engine, each
// job thread and each job process has its own.

import { EramError } from './errors.js'
import { filePath } from './file-path.js'
import { useMiddleware } from './middleware.js'
import { headline } from './serialize.js'
import { importSetup } from './setup-file.js'
import { clearTimeout, setTimeout } from './timers.js'
import { invalidOption } from './validate.js'
import { waitAtMost } from './wait.js'

/** @import { OnError } from './error-reports.js' */
/** @import { Create, SetupFile } from './setup-file.js' */

/**
 * What start() of a setup file is called with.
 * @typedef {object} SetupInfo
 * @property {'main' | 'thread' | 'process'} isolate
 * @property {string | null} queue  null on the main thread, which serves all queues, and in a thread group
 * @property {string | null} group  the thread group
 * @property {string} engine  its name
 * @property {readonly string[]} workers  whose classes are loaded next; none on the main thread
 */

/** @typedef {{ start: number, stop: number }} Limits  in milliseconds */

/** For each file to be imported and started, and for all to stop. @type {Limits} */
const LIMITS = { start: 30_000, stop: 5000 }

/**
 * Reads the option `setup`: a path or URL, or several.
 * @param {unknown} given
 * @returns {string[]} paths, for any isolate to import
 */
export function readSetup(given) {
  if (given === undefined) return []
  if (!Array.isArray(given)) return [filePath(given, 'setup', 'ERAM_CONFIG')]
  return given.map((each, i) => filePath(each, `setup[${i}]`, 'ERAM_CONFIG'))
}

/**
 * Reads the option `create`.
 * @param {unknown} given
 * @returns {Create | undefined}
 */
export function readCreate(given) {
  if (given === undefined || typeof given === 'function') return /** @type {Create | undefined} */ (given)
  throw invalidOption('create', 'a function (JobClass, ctx) => instance', given)
}

/**
 * Reads the option `onError`.
 * @param {unknown} given
 * @returns {OnError | undefined}
 */
export function readOnError(given) {
  if (given === undefined || typeof given === 'function') return /** @type {OnError | undefined} */ (given)
  throw invalidOption('onError', 'a function (error, about) => …', given)
}

export class Setup {
  #limits
  #stopped = false
  /** In the order in which they started. @type {{ path: string, stop: SetupFile['stop'], drop: (() => void) | undefined }[]} */
  #started = []
  /** What makes the instances of job classes here; none: their constructors take no arguments. @type {Create | undefined} */
  create
  /** @type {SetupFile['release']} */
  release
  /** The onError of each file. @type {OnError[]} */
  reporters = []

  /** @param {Limits} limits */
  constructor(limits) {
    this.#limits = limits
  }

  /**
   * Imports and starts the files in order. If one fails, stops those that have started, and rejects.
   * @param {string[]} paths
   * @param {SetupInfo} info
   * @param {{ create?: Create, limits?: Limits }} [options]  `create`: of the engine, takes precedence over that of a file
   */
  static async start(paths, info, { create, limits = LIMITS } = {}) {
    const setup = new Setup(limits)
    try {
      for (const path of paths) await setup.#startInTime(path, info)
    } catch (error) {
      await setup.stop()
      throw error
    }
    if (create) Object.assign(setup, { create, release: undefined })
    return setup
  }

  /** Stops the files, the last one first. Never rejects, and waits no longer than the limit. */
  async stop() {
    this.#stopped = true
    const files = this.#started.splice(0)
    const stopAll = async () => {
      for (let file = files.at(-1); file; files.pop(), file = files.at(-1)) {
        file.drop?.()
        try {
          await file.stop?.()
        } catch (error) {
          process.emitWarning(`setup: expected stop() of ${file.path} to succeed, got ${headline(error)}`)
        }
      }
    }
    await waitAtMost(stopAll(), this.#limits.stop)
    const last = files.at(-1)
    if (last) process.emitWarning(`setup: expected stop() of ${last.path} to end within ${this.#limits.stop} ms, it is still running`)
  }

  /** @param {string} path @param {SetupInfo} info */
  async #startInTime(path, info) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    const { start: ms } = this.#limits
    const timeout = new Promise((_, reject) => {
      const message = `setup: expected ${path} to start within ${ms} ms, it is still starting; its start(), or a top-level await, does not settle`
      timer = setTimeout(() => reject(new EramError('ERAM_LOAD', message)), ms)
    })
    try {
      await Promise.race([this.#start(path, info), timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param {string} path @param {SetupInfo} info */
  async #start(path, info) {
    const { start, create, release, middleware, onError, stop } = await importSetup(path)
    if (this.#stopped) return
    if (create && this.create) throw invalidOption('setup', 'one file with resolve, create or container', path, 'an earlier one has it')
    const drop = middleware && useMiddleware(middleware, { subject: `setup: ${path}`, place: 'setup', engine: info.engine })
    // Added before its start, which may fail after half of the work.
    this.#started.push({ path, stop, drop })
    if (create) Object.assign(this, { create, release })
    if (onError) this.reporters.push(onError)
    try {
      await start?.(info)
    } catch (cause) {
      throw new EramError('ERAM_LOAD', `setup: expected start() of ${path} to succeed, got ${headline(cause)}`, { cause })
    }
  }
}
