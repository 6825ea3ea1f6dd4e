// What an engine does without being asked: it names DATABASE_URL when nothing says where the database is, shows what jobs log, and
// takes undefined for an option that is not given.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { finished, ROOT } from '../support/snippets.js'

/** No variable that names a database. */
const BARE = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name === 'DATABASE_URL' || /^PG[A-Z]+$/.test(name))
    .map((name) => [name, undefined]),
)

describe('without an address', () => {
  const fails = async (/** @type {string} */ code, /** @type {Record<string, string | undefined>} */ env = BARE) => {
    const program = `import { EramEngine } from ${JSON.stringify(`${ROOT}/index.js`)}
      try { ${code} } catch (error) { console.log(error.code, error.message) }`
    return (await finished(process.execPath, ['--input-type=module', '-e', program], { env })).out
  }

  test('the error names DATABASE_URL, for an engine and for a migration', async () => {
    for (const code of [
      `await EramEngine.start({ queues: { a: 1 } })`,
      `await EramEngine.start({ url: process.env.DATABASE_URL })`,
      `await EramEngine.start({ driver: { type: 'pg', config: { connectionString: process.env.DATABASE_URL } } })`,
      `await EramEngine.migrate({ url: process.env.DATABASE_URL })`,
    ]) {
      assert.match(await fails(code), /; DATABASE_URL is not set, and neither url nor driver says where to connect$/m, code)
    }
    assert.equal(
      await fails(`await EramEngine.start({ driver: { url: process.env.DATABASE_URL } })`),
      'ERAM_CONFIG driver.url: expected a connection string, got undefined; DATABASE_URL is not set\n',
    )
  })

  test('an address that is given is not mistaken for none', async () => {
    for (const [code, env] of /** @type {[string, Record<string, string | undefined>][]} */ ([
      [`await EramEngine.start({ url: 'postgres://127.0.0.1:1/a' })`, BARE],
      [`await EramEngine.start({ driver: { type: 'pg', config: { host: '127.0.0.1', port: 1 } } })`, BARE],
      [`await EramEngine.start()`, { ...BARE, PGHOST: '127.0.0.1', PGPORT: '1' }],
    ])) {
      const out = await fails(code, env)
      assert.match(out, /^ERAM_UNAVAILABLE /)
      assert.doesNotMatch(out, /DATABASE_URL/)
    }
  })
})

describe('the log', () => {
  test('lines of jobs go to standard output from info on, with class and id; so do warnings', async (t) => {
    /** @type {string[]} */
    const lines = []
    t.mock.method(process.stdout, 'write', (/** @type {string} */ text) => lines.push(...String(text).split('\n')))
    await withEngine({ logger: 'pretty' }, async ({ runToCompletion }) => {
      const { id } = await runToCompletion(Talkative, {})
      const row = await runToCompletion(ThreadJob, { action: 'log', words: ['watch out', 1] })
      await until(() =>
        assert.deepEqual(
          lines.filter((line) => line.includes('Job ') || line.includes('Talkative ')).map((line) => line.slice(13)),
          [`INFO  Talkative ${id}: a 1`, `ERROR Talkative ${id}: c`, `WARN  ThreadJob ${row.id}: watch out 1`],
        ),
      )
    })
  })

  class Talkative extends EramJob {
    static {
      this.register({ queue: 'main' })
    }

    /** @param {unknown} _ @param {any} ctx */
    async perform(_, ctx) {
      ctx.log.info('a', 1)
      ctx.log.debug('b')
      ctx.log.error('c')
    }
  }
})

describe('undefined is not given', () => {
  test('in the options of the engine, its queues, its cron entries and its driver', () =>
    withSchema(async ({ url, prefix }) => {
      const nothing = ['node', 'listen_url', 'pool', 'pgbouncer', 'timezone', 'environment', 'version', 'signals', 'logger', 'notify']
        .concat(['poll_interval', 'grace', 'abort_grace', 'heartbeat_interval', 'plugins', 'max_args_bytes', 'max_result_bytes'])
        .concat([
          'max_crashes',
          'max_error_bytes',
          'peer',
          'max_rss',
          'prune',
          'lifeline',
          'stager',
          'metrics',
          'reindexer',
          'name',
          'driver',
        ])
      const queue = [
        'limit',
        'threads',
        'isolation',
        'paused',
        'poll_interval',
        'abort_grace',
        'prefetch',
        'only',
        'max_stuck_jobs',
      ].concat(['resource_limits', 'exec_argv', 'defaults'])
      const unset = (/** @type {string[]} */ keys) => Object.fromEntries(keys.map((key) => [key, undefined]))
      for (const options of [
        { url, queues: { q: unset(queue), r: { ...unset(queue), defaults: unset(['priority', 'max_attempts', 'backoff']) } } },
        { url, queues: undefined, cron: undefined },
        {
          url,
          cron: [
            ['0 0 1 1 *', MainJob, undefined, undefined],
            ['0 0 1 2 *', MainJob, undefined, { timezone: undefined, name: 'b' }],
          ],
        },
        { url, cron: [{ schedule: '0 0 1 1 *', job: 'X', args: undefined, name: undefined, priority: undefined, paused: undefined }] },
        {
          url: undefined,
          driver: { type: 'pg', config: { connectionString: url }, filename: undefined, instance: undefined, url: undefined },
        },
        { url: undefined, driver: { url, type: undefined, config: undefined } },
      ]) {
        const engine = await EramEngine.start({ ...unset(nothing), .../** @type {any} */ (options), prefix })
        await engine.stop(undefined)
      }
    }))

  test('in the options of a class and of a job, and of what an engine is asked to do', () =>
    withEngine({}, async ({ engine, waitForState, schema }) => {
      const none = { queue: undefined, priority: undefined, max_attempts: undefined, tags: undefined, meta: undefined, unique: undefined }
      const more = { timeout: undefined, backoff: undefined, version: undefined }
      const own = {
        schedule_in: undefined,
        scheduled_at: undefined,
        state: undefined,
        notify: undefined,
        engine: undefined,
        prefix: undefined,
      }
      class Unset extends EramJob {
        static {
          this.register({ ...none, ...more, name: undefined, aliases: undefined, isolation: undefined, transaction: undefined })
        }

        perform() {}
      }
      const options = { ...none, ...more, ...own }
      for (const { id } of [
        await MainJob.enqueue({ action: 'return' }, options),
        await MainJob.enqueue({ action: 'return' }, undefined),
        await MainJob.enqueue({ args: { action: 'return' }, ...options }),
        await engine.enqueue(MainJob, { action: 'return' }, options),
        (
          await EramEngine.enqueueAll([MainJob.new({ action: 'return' }, { ...none, ...more })], { engine: undefined, prefix: undefined })
        )[0],
        (
          await engine.enqueueAll([{ worker: 'MainJob', args: { action: 'return' }, ...none, queue: 'main' }], {
            engine: undefined,
            x: undefined,
          })
        )[0],
      ]) {
        await waitForState(Number(id), 'completed')
      }
      await Unset.enqueue(undefined, { unique: { period: undefined, keys: undefined } })
      assert.deepEqual(await schema.row(`SELECT queue, args, priority FROM eram_jobs WHERE worker = 'Unset'`), {
        queue: 'default',
        args: {},
        priority: 0,
      })
      await engine.drain('main', { timeout: undefined, with_scheduled: undefined })
      await engine.jobs.list({ state: undefined, limit: undefined, offset: undefined, before: undefined })
      await engine.jobs.find(1, { attempts: undefined })
      await engine.pause({ queue: 'main', node: undefined, force: undefined })
      await engine.scale('main', { limit: 3, node: undefined })
      await engine.startQueue('later', { limit: undefined, node: undefined, defaults: undefined })
      await engine.stopQueue('later', { grace: undefined })
      await engine.purge('main', { cancel: undefined })
      const off = await engine.listen('a', () => {}, { scope: undefined })
      await engine.notify('a', undefined, { scope: undefined })
      off()
    }))

  test('but for tx, which is a misspelled name more often than a decision', () =>
    withEngine({}, async () => {
      await assert.rejects(MainJob.enqueue({ action: 'return' }, { tx: undefined }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    }))
})
