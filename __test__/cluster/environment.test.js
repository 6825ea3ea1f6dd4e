// Whose database it is: an engine of another environment enqueues, and touches nothing else.
import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import { test } from 'node:test'
import * as environment from '../../cli/commands/environment.js'
import { main } from '../../cli/main.js'
import { EramEngine, EramJob } from '../../index.js'
import { until, withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {import('../../index.js').StartOptions} StartOptions */

class Guarded extends EramJob {
  static {
    Guarded.register()
  }

  async perform() {}
}

let count = 0

/**
 * Starts engines on a schema, and stops them when the scenario ends.
 * @param {(schema: Schema & { start: (options?: StartOptions) => Promise<EramEngine> }) => Promise<unknown>} scenario
 */
const withEngines = (scenario) =>
  withSchema(async (schema) => {
    /** @type {EramEngine[]} */
    const engines = []
    const start = async (/** @type {StartOptions} */ options = {}) => {
      const { url, prefix } = schema
      const engine = await EramEngine.start({ url, prefix, name: `engine${count++}`, queues: { default: 2 }, logger: false, ...options })
      engines.push(engine)
      return engine
    }
    try {
      await scenario({ ...schema, start })
    } finally {
      await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
    }
  })

/** @param {EramEngine} engine @param {RegExp} why */
async function assertRefused(engine, why) {
  assert.match(engine.queues_disabled ?? '', why)
  const { queues_disabled, queues } = await engine.status()
  assert.deepEqual([queues_disabled, queues], [engine.queues_disabled, {}])
  assert.equal(await engine.checkQueue('default'), null)
  for (const act of [
    () => engine.startQueue('default', { limit: 1 }),
    () => engine.scale('default', { limit: 9 }),
    () => engine.drain('default'),
  ]) {
    await assert.rejects(act, { code: 'ERAM_ENVIRONMENT', message: why })
  }
}

test('a laptop with the address of production enqueues, and takes no job', () =>
  withEngines(async ({ start, rows, row, prefix }) => {
    const production = await start({ environment: 'production', queues: {} })
    const { id } = await production.enqueue(Guarded, {})
    /** @type {any[]} */
    const received = []
    const record = (/** @type {unknown} */ event) => received.push(event)
    diagnostics.subscribe('eram:queues:disabled', record)
    try {
      for (const own of ['development', undefined]) {
        /** @type {string[]} */
        const lines = []
        const logger = { error: (/** @type {string} */ line) => lines.push(line) }
        const laptop = await start({ ...(own && { environment: own }), logger, cron: [['* * * * *', Guarded]] })
        const got = own ? `"${own}"` : 'none'
        const other = own ? `--set ${own}` : '--clear'
        const message =
          `environment: expected "production", which the database is stamped with (schema "${prefix}"), got ${got}; this engine ` +
          `enqueues but runs no queue. Set environment: "production" if this is production; if the database is not, run ` +
          `\`npx eramjs environment ${other} --prefix ${prefix}\``
        assert.equal(laptop.queues_disabled, message)
        await assertRefused(laptop, /^\w*(: )?environment: expected "production"/)
        assert.ok((await laptop.enqueue(Guarded, {})).id > id)
        await until(() => {
          assert.deepEqual(received.at(-1), { event: 'queues:disabled', environment: own ?? null, expected: 'production', message })
          // Each engine of a process hears what any of them says.
          assert.equal(lines.filter((line) => line === message).length, 1, 'it is received once')
        })
      }
    } finally {
      diagnostics.unsubscribe('eram:queues:disabled', record)
    }
    assert.deepEqual(await rows('SELECT * FROM eram_producers'), [])
    assert.deepEqual(await rows('SELECT * FROM eram_queues'), [])
    assert.equal(production.queues_disabled, null)
    const working = await start({ environment: 'production' })
    await until(async () => assert.equal((await row(`SELECT count(*)::int FROM eram_jobs WHERE state = 'completed'`)).count, 3))
    assert.equal((await working.status()).environment, 'production')
  }))

test('a database without a stamp accepts every engine until one names an environment', () =>
  withEngines(async ({ start, url, prefix }) => {
    const old = await start()
    assert.equal(old.queues_disabled, null)
    assert.deepEqual(await EramEngine.environment({ url, prefix }), { prefix, environment: null, previous: null })
    const fresh = await start({ environment: 'production' })
    assert.deepEqual([fresh.queues_disabled, (await EramEngine.environment({ url, prefix })).environment], [null, 'production'])
    // Those that run go on; those that start are asked.
    const { id } = await old.enqueue(Guarded, {})
    await until(async () => assert.equal((await old.jobs.find(id))?.state, 'completed'))
    await assertRefused(await start(), /got none/)
  }))

test('of engines that stamp at once one wins, and the others know', () =>
  withEngines(async ({ start, url, prefix }) => {
    const names = ['a', 'b', 'c', 'd']
    const engines = await Promise.all([...names, ...names].map((environment) => start({ environment })))
    const { environment } = await EramEngine.environment({ url, prefix })
    const let_in = engines.filter(({ queues_disabled }) => queues_disabled === null)
    assert.equal(let_in.length, 2)
    for (const engine of let_in) assert.equal((await engine.status()).environment, environment)
  }))

test('an engine that was to run nothing is not scolded, but may not begin to', () =>
  withEngines(async ({ start }) => {
    await start({ environment: 'production' })
    /** @type {string[]} */
    const lines = []
    const web = await start({ queues: {}, logger: { error: (line) => lines.push(line) } })
    await assertRefused(web, /got none/)
    assert.deepEqual(lines, [])
  }))

test('a copy is stamped anew, and only on purpose while engines run', () =>
  withEngines(async ({ start, url, prefix }) => {
    const running = await start({ environment: 'production' })
    const set = (/** @type {object} */ options) => EramEngine.environment({ url, prefix, ...options })
    await assert.rejects(set({ set: 'staging' }), {
      code: 'ERAM_ENVIRONMENT',
      message:
        /^environment: expected a database on which no engine runs queues, got one of production with .+; stop them first, or use force/,
    })
    assert.deepEqual(await set({ set: 'production' }), { prefix, environment: 'production', previous: 'production' })
    assert.deepEqual(await set({ set: 'staging', force: true }), { prefix, environment: 'staging', previous: 'production' })
    await running.stop()
    await assertRefused(await start({ environment: 'production' }), /expected "staging"/)
    assert.equal((await start({ environment: 'staging' })).queues_disabled, null)
    assert.deepEqual(await set({ set: null, force: true }), { prefix, environment: null, previous: 'staging' })
    assert.equal((await start()).queues_disabled, null)
    await assert.rejects(set({ set: '' }), { code: 'ERAM_CONFIG', message: 'environment: expected a text of 1 to 127 characters, got ""' })
    await assert.rejects(set({ sett: 'x' }), { code: 'ERAM_CONFIG', message: /unknown option "sett"/ })
  }))

test('the command shows, sets and clears the stamp', () =>
  withSchema(async ({ url, prefix }) => {
    const typed = async (/** @type {string[]} */ ...args) => {
      let out = ''
      const print = (/** @type {string} */ text) => {
        out += text
      }
      const io = { print, warn: print, clear: () => {}, interactive: false, ask: async () => '', lines: async function* () {}, env: {} }
      const code = await main({ environment }, ['environment', '--url', url, '--prefix', prefix, ...args], io)
      return [code, out.replace(/^schema .*?: /, '')]
    }
    assert.deepEqual(await typed(), [0, 'no environment'])
    assert.deepEqual(await typed('--set', 'production'), [0, 'production, was not stamped'])
    assert.deepEqual(await typed(), [0, 'production'])
    assert.deepEqual(await typed('--set', 'staging', '--json'), [
      0,
      JSON.stringify({ environment: 'staging', prefix, previous: 'production' }),
    ])
    assert.deepEqual(await typed('--clear'), [0, 'no environment, was staging'])
    assert.deepEqual(await typed('--clear', '--set', 'x'), [
      2,
      'eramjs: ERAM_CONFIG: environment: expected one of --set and --clear, got both',
    ])
  }))
