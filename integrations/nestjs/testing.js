// EramModule.forTest(): in place of an engine a fake, which records what the application enqueues and performs it with instances from
// its container.

import { createRequire } from 'node:module'
import { EramEngine, EramError } from 'eramjs'
import { PROBED } from './engine.js'
import { createFrom } from './instances.js'

/** @import { ModuleRef } from '@nestjs/core' */
/** @import { Fake } from 'eramjs/testing' */

/** @param {string} [name]  of the engine */
export function getFakeToken(name = 'default') {
  return `EramFake:${name}`
}

/** The fake of an application, until that is closed. */
export class EramFake {
  /** @param {ModuleRef} moduleRef */
  constructor(moduleRef) {
    // Only tests load the kit. Some test runners have no import().
    const { fake } = createRequire(import.meta.url)('eramjs/testing')
    /** @type {Fake} */
    const jobs = fake()
    const { perform } = jobs
    const create = createFrom(moduleRef)
    jobs.perform = (options) => perform.call(jobs, { resolve: create, ...options })
    this.jobs = jobs
  }

  beforeApplicationShutdown() {
    this.jobs.restore()
  }
}

/**
 * What stands for the engine: it enqueues, and says of anything else that it does not run.
 * @param {string} name
 */
export function fakeEngine(name) {
  /** @type {Record<string, unknown>} */
  const members = {
    name,
    constructor: EramEngine,
    enqueue: async (/** @type {any} */ worker, /** @type {unknown} */ args, /** @type {object} */ options) => {
      if (typeof worker === 'function') return worker.enqueue(args, options)
      const { tx, ...rest } = /** @type {{ tx?: any }} */ ({ ...options })
      const [job] = await EramEngine.enqueueAll(/** @type {any} */ ([{ worker, args, ...rest }]), tx === undefined ? {} : { tx })
      return job
    },
    enqueueAll: (/** @type {any} */ drafts, /** @type {any} */ options) => EramEngine.enqueueAll(drafts, options),
    on: () => () => {},
    stop: async () => {},
  }
  return new Proxy(Object.create(EramEngine.prototype), {
    get(_, key) {
      if (key in members) return members[String(key)]
      if (PROBED.has(String(key)) || typeof key === 'symbol') return undefined
      throw new EramError('ERAM_NOT_RUNNING', `EramModule.forTest: expected only enqueue and enqueueAll of the engine, got ${String(key)}`)
    },
  })
}
