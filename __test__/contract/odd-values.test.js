// Every public function, called with values that make no sense: it does something or throws an EramError, never a bare TypeError.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as producer from '../../enqueue.js'
import {
  CancelJob,
  DiscardJob,
  defineConfig,
  defineJob,
  EramEngine,
  EramError,
  EramJob,
  err,
  ok,
  RetryJob,
  SnoozeJob,
} from '../../index.js'
import { withSchema } from '../support/database.js'

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('hostile')
    },
    ownKeys: () => {
      throw new Error('hostile')
    },
    has: () => {
      throw new Error('hostile')
    },
  },
)
const cyclic = /** @type {any} */ ({})
cyclic.self = cyclic

/** @type {unknown[]} */
export const ODD = [
  undefined,
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  1e300,
  10n,
  -1n,
  '',
  ' ',
  '\0',
  '\uD800',
  'x'.repeat(10_000),
  Symbol('s'),
  () => {},
  class {},
  [],
  [null],
  [10n],
  {},
  { nope: 1 },
  cyclic,
  new Date(Number.NaN),
  new Date(8.64e15),
  new Map(),
  Object.create(null),
  Promise.resolve(),
  /x/,
  new Error('x'),
  Buffer.from('x'),
  hostile,
  {
    [Symbol.toPrimitive]: () => {
      throw new Error('hostile')
    },
  },
  {
    toJSON: () => {
      throw new Error('hostile')
    },
  },
]

class OddJob extends EramJob {
  static {
    this.register({ filename: null, isolation: 'main' })
  }
  async perform() {}
}

/** @param {string} name @param {() => unknown} call */
async function tried(name, call) {
  try {
    const result = call()
    if (result instanceof Promise) await Promise.race([result, new Promise((resolve) => setTimeout(resolve, 50).unref())])
  } catch (error) {
    // The value's own error is passed on.
    if (error instanceof Error && error.message === 'hostile') return []
    if (error instanceof EramError && /^ERAM_/.test(error.code) && error.code !== 'ERAM_INTERNAL') return []
    return [`${name}: ${inspect(error, { depth: 0 }).slice(0, 300)}`]
  }
  return []
}

/** @param {unknown} value */
function shown(value) {
  try {
    return inspect(value, { depth: 0 }).slice(0, 40)
  } catch {
    return 'a hostile value'
  }
}

test('every public function takes an odd value or refuses it with a code', () =>
  withSchema(async ({ url, prefix }) => {
    const engine = await EramEngine.start({ url, prefix, name: 'odd', logger: false, queues: { odd: { limit: 1, isolation: 'main' } } })
    /** @type {[string, (...args: any[]) => unknown][]} */
    const functions = []
    const skipped = ['stop', 'constructor', 'call', 'enginesChanged', 'once', 'on', 'waitFor', 'wait', 'checkClass', 'registered']
    for (const [name, owner] of /** @type {[string, any][]} */ ([
      ['engine', engine],
      ['jobs', engine.jobs],
      ['cron', engine.cron],
    ])) {
      const names = new Set()
      for (let at = owner; at && at !== Object.prototype; at = Object.getPrototypeOf(at))
        for (const key of Object.getOwnPropertyNames(at)) names.add(key)
      for (const key of names) {
        if (skipped.includes(key) || key.startsWith('_')) continue
        if (typeof owner[key] === 'function') functions.push([`${name}.${key}`, (...args) => owner[key](...args)])
      }
    }
    for (const name of ['enqueue', 'new']) functions.push([`EramJob.${name}`, (...args) => /** @type {any} */ (OddJob)[name](...args)])
    functions.push(
      [
        'register',
        (value) =>
          class extends EramJob {
            static {
              this.register(value)
            }
            async perform() {}
          },
      ],
      ['defineJob', (...args) => /** @type {any} */ (defineJob)(...args)],
      ['defineConfig', (value) => defineConfig(value)],
      ['EramEngine.get', (value) => EramEngine.get(value)],
      ['EramEngine.start', (value) => EramEngine.start(value ?? { url: 1 })],
      ['EramEngine.start driver', (value) => EramEngine.start({ url: 'postgres://127.0.0.1:1/x', driver: value ?? 1, logger: false })],
      ['EramEngine.start queues', (value) => EramEngine.start({ url: 'postgres://127.0.0.1:1/x', queues: value, logger: false })],
      ['EramEngine.start name', (value) => EramEngine.start({ url: 'postgres://127.0.0.1:1/x', name: value, logger: false })],
      ['EramEngine.migrate', (value) => EramEngine.migrate({ url, prefix, to: value ?? 'x' })],
      ['EramEngine.environment', (value) => EramEngine.environment({ url, prefix, set: value })],
      ['CancelJob', (...args) => new /** @type {any} */ (CancelJob)(...args)],
      ['DiscardJob', (...args) => new /** @type {any} */ (DiscardJob)(...args)],
      ['SnoozeJob', (...args) => new /** @type {any} */ (SnoozeJob)(...args)],
      ['RetryJob', (...args) => new /** @type {any} */ (RetryJob)(...args)],
      ['ok', (value) => ok(value)],
      ['err', (value) => err(value)],
    )
    for (const [name, value] of Object.entries(producer))
      if (typeof value === 'function' && !/^[A-Z]/.test(name))
        functions.push([`enqueue.${name}`, (...args) => /** @type {any} */ (value)(...args)])
    const faults = []
    try {
      for (const [name, call] of functions) {
        for (const value of ODD) {
          faults.push(...(await tried(`${name}(${shown(value)})`, () => call(value))))
          faults.push(...(await tried(`${name}('odd', ${shown(value)})`, () => call('odd', value))))
        }
      }
    } finally {
      await engine.stop({ grace: 0 })
    }
    assert.deepEqual(faults, [])
  }))
