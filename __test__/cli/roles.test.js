// What each role may do, by operation: an engine that connects with the rights of `npx eramjs grants`, on a real server.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { operationNamed, operations, perform } from '../../lib/operations/index.js'
import { sql, withSchema } from '../support/database.js'
import { asRole } from '../support/roles.js'

/** @typedef {import('../support/database.js').Schema} Schema */

class RoleJob extends EramJob {
  static {
    this.register({ name: 'RoleJob' })
  }
  async perform() {}
}

const READERS = ['viewer', 'operator', 'worker']
const CHANGERS = ['operator', 'worker']
const ALL = ['enqueuer', ...READERS]

/**
 * Of each operation: the options of a call, and the parts that may make it. `ids` are those of a waiting, a scheduled, a discarded and a
 * completed job.
 * @type {Record<string, [(ids: number[]) => Record<string, unknown>, string[]]>}
 */
const ACTS = {
  queues: [() => ({}), READERS],
  backlog: [() => ({}), READERS],
  nodes: [() => ({}), READERS],
  leader: [() => ({}), READERS],
  status: [() => ({}), ALL],
  health: [() => ({}), ALL],
  metrics: [() => ({}), ALL],
  history: [() => ({ metric: 'executed' }), READERS],
  prometheus: [() => ({}), ALL],
  checkQueue: [() => ({ queue: 'none' }), ALL],
  'audit.list': [() => ({}), READERS],
  'jobs.find': [([id]) => ({ id }), READERS],
  'jobs.attempts': [([id]) => ({ id }), READERS],
  'jobs.why': [([id]) => ({ id }), READERS],
  'jobs.failures': [() => ({}), READERS],
  'jobs.suggest': [() => ({ text: 'queue:', caret: 6 }), READERS],
  'jobs.preview': [() => ({ action: 'retry', text: 'worker:RoleJob' }), ALL],
  'jobs.bulk': [([, id]) => ({ action: 'update', text: `id:${id}`, max_id: id, changes: { priority: 2 } }), CHANGERS],
  'jobs.profile': [([id]) => ({ id }), CHANGERS],
  'jobs.cpuProfile': [([id]) => ({ id, attempt: 1 }), READERS],
  attention: [() => ({}), READERS],
  counts: [() => ({}), READERS],
  'cron.find': [() => ({ name: 'nightly' }), READERS],
  'jobs.enqueue': [() => ({ worker: 'RoleJob', queue: 'later', schedule_in: 3600 }), ['enqueuer', ...CHANGERS]],
  'jobs.list': [() => ({}), READERS],
  'jobs.search': [() => ({ text: 'RoleJob' }), READERS],
  'jobs.wait': [([, , , done]) => ({ id: done, timeout: 5000 }), READERS],
  waitFor: [([, , , done]) => ({ job: done, timeout: 5000 }), READERS],
  'cron.list': [() => ({}), READERS],
  'cron.next': [() => ({ expression: '0 3 * * *' }), ALL],
  'jobs.update': [([, id]) => ({ which: id, changes: { priority: 1 } }), CHANGERS],
  'jobs.retry': [([, , id]) => ({ which: id }), CHANGERS],
  'jobs.cancel': [([id]) => ({ which: id }), CHANGERS],
  'jobs.delete': [([, id]) => ({ which: id }), CHANGERS],
  pause: [() => ({ queue: 'slow' }), CHANGERS],
  resume: [() => ({ queue: 'slow' }), CHANGERS],
  scale: [() => ({ queue: 'slow', limit: 3, node: 'elsewhere' }), CHANGERS],
  resetQueue: [() => ({ queue: 'slow' }), CHANGERS],
  purge: [() => ({ queue: 'slow' }), CHANGERS],
  startQueue: [() => ({ queue: 'other', node: 'elsewhere' }), CHANGERS],
  stopQueue: [() => ({ queue: 'other', node: 'elsewhere' }), CHANGERS],
  'cron.insert': [() => ({ entry: { name: 'weekly', schedule: '@weekly', job: 'RoleJob' } }), CHANGERS],
  'cron.upsert': [() => ({ entry: { name: 'weekly', schedule: '@daily', job: 'RoleJob' } }), CHANGERS],
  'cron.update': [() => ({ name: 'nightly', changes: { schedule: '0 3 * * *' } }), CHANGERS],
  'cron.pause': [() => ({ name: 'nightly' }), CHANGERS],
  'cron.resume': [() => ({ name: 'nightly' }), CHANGERS],
  'cron.run': [() => ({ name: 'nightly' }), CHANGERS],
  'cron.delete': [() => ({ name: 'nightly' }), CHANGERS],
  resignLeader: [() => ({}), CHANGERS],
  notify: [() => ({ channel: 'news', payload: {} }), CHANGERS],
  drain: [() => ({ queue: 'default', timeout: 20_000 }), ['worker']],
  runOnce: [() => ({ budget: 20_000 }), ['worker']],
}

/** Starts an engine, and returns what it logged and what `act` returned. @param {string} url @param {string} prefix @param {Record<string, unknown>} options @param {(engine: EramEngine) => Promise<void>} act */
async function withEngine(url, prefix, options, act) {
  /** @type {string[]} */
  const lines = []
  const log = (/** @type {unknown} */ text) => void lines.push(String(text))
  const logger = { debug() {}, info() {}, warn: log, error: log }
  const engine = await EramEngine.start({ url, prefix, name: prefix, logger, ...options })
  try {
    await act(engine)
  } finally {
    await engine.stop()
  }
  return lines
}

/** Makes the jobs and entries that the acts are about. @param {Schema} schema @returns {Promise<number[]>} */
async function prepared({ rows }) {
  await rows(`INSERT INTO eram_crons (name, expression, worker) VALUES ('nightly', '0 4 * * *', 'RoleJob') ON CONFLICT DO NOTHING`)
  await rows(`INSERT INTO eram_producers (uuid, name, node, queue, job_limit) VALUES (gen_random_uuid(), 'e', 'elsewhere', 'slow', 1)`)
  const made = await rows(
    `INSERT INTO eram_jobs (worker, queue, state, attempt, scheduled_at, completed_at, discarded_at)
     VALUES ('RoleJob', 'slow', 'available', 0, now(), null, null), ('RoleJob', 'slow', 'scheduled', 0, now() + interval '1 day', null, null),
       ('RoleJob', 'slow', 'discarded', 20, now(), null, now()), ('RoleJob', 'slow', 'completed', 1, now(), now(), null)
     RETURNING id`,
  )
  return made.map(({ id }) => Number(id))
}

/** Whether an error says that the role may not. @param {any} error */
const isRefusal = ({ code, sqlstate, message }) =>
  (code === 'ERAM_DATABASE' && sqlstate === '42501') || (code === 'ERAM_CONFIG' && /expected the rights of a role worker/.test(message))

describe('roles', () => {
  test('the acts are all operations of an engine', () => {
    const ofEngines = operations.filter(({ name }) => !name.startsWith('schema.')).map(({ name }) => name)
    assert.deepEqual(Object.keys(ACTS).sort(), ofEngines.sort())
  })

  for (const part of ALL) {
    test(`${part}: its acts are allowed, the others are refused with the reason`, () =>
      withSchema((schema) =>
        asRole(schema, part, [], async (url) => {
          const queues = part === 'worker' ? { default: 1 } : {}
          const ids = await prepared(schema)
          /** @type {string[]} */
          const done = []
          await withEngine(url, schema.prefix, { queues }, async (engine) => {
            for (const [name, [options]] of Object.entries(ACTS)) {
              const error = await perform(operationNamed(name), engine, options(ids)).then(
                () => undefined,
                (reason) => reason,
              )
              if (error === undefined) done.push(name)
              else if (!isRefusal(error)) done.push(`${name}: ${error.code} ${error.message}`)
            }
          })
          const allowed = Object.entries(ACTS).flatMap(([name, [, parts]]) => (parts.includes(part) ? [name] : []))
          assert.deepEqual(done, allowed)
        }),
      ))
  }

  test('an engine without queues enqueues as an enqueuer, with and without a transaction, and logs nothing', () =>
    withSchema((schema) =>
      asRole(schema, 'enqueuer', [], async (url) => {
        const { client, end } = await sql(url, schema.prefix)
        const lines = await withEngine(url, schema.prefix, { environment: 'test' }, async (engine) => {
          await EramEngine.enqueue(RoleJob, {}, { engine })
          await EramEngine.enqueueAll([RoleJob.new({ n: 1 }), RoleJob.new({ n: 2 })], { engine })
          await client.query('BEGIN')
          await EramEngine.enqueue(RoleJob, { n: 3 }, { engine, tx: client })
          await EramEngine.enqueueAll([RoleJob.new({ n: 4 }), RoleJob.new({ n: 5 })], { engine, tx: client })
          await client.query('COMMIT')
        })
        await end()
        assert.deepEqual(lines, [])
        assert.deepEqual(await schema.rows('SELECT count(*)::int AS n FROM eram_jobs'), [{ n: 6 }])
      }),
    ))

  test('with --unique it also makes unique jobs; without, the error says what is missing', () =>
    withSchema(async (schema) => {
      const unique = { unique: true }
      await asRole(schema, 'enqueuer', [], (url) =>
        withEngine(url, schema.prefix, {}, (engine) =>
          assert.rejects(EramEngine.enqueue(RoleJob, {}, { engine, ...unique }), /grants --as enqueuer --unique/),
        ).then(() => {}),
      )
      await asRole(schema, 'enqueuer', ['--unique'], async (url) => {
        const { client, end } = await sql(url, schema.prefix)
        const lines = await withEngine(url, schema.prefix, {}, async (engine) => {
          const first = await EramEngine.enqueue(RoleJob, {}, { engine, ...unique })
          const second = await EramEngine.enqueue(RoleJob, {}, { engine, ...unique })
          assert.deepEqual([first.conflict, second.conflict, second.id], [false, true, first.id])
          await client.query('BEGIN')
          const third = await EramEngine.enqueue(RoleJob, {}, { engine, tx: client, ...unique })
          await client.query('COMMIT')
          assert.deepEqual([third.conflict, third.id], [true, first.id])
        })
        await end()
        assert.deepEqual(lines, [])
      })
    }))

  test('SELECT and INSERT on eram_jobs are enough for an engine that enqueues', () =>
    withSchema((schema) =>
      asRole(schema, undefined, [], async (url, role) => {
        await schema.rows(`GRANT USAGE ON SCHEMA ${schema.prefix} TO ${role}; GRANT SELECT, INSERT ON eram_jobs TO ${role}`)
        const lines = await withEngine(url, schema.prefix, {}, async (engine) => {
          await EramEngine.enqueue(RoleJob, {}, { engine })
          await EramEngine.enqueue(RoleJob, { n: 1 }, { engine, unique: true })
        })
        assert.deepEqual(lines, [])
      }),
    ))

  test('an error of a start or an enqueue names the missing rights and the command', () =>
    withSchema((schema) =>
      asRole(schema, undefined, [], async (url, role) => {
        const { prefix } = schema
        const start = (/** @type {Record<string, unknown>} */ options) => withEngine(url, prefix, options, async () => {})
        await assert.rejects(start({}), {
          code: 'ERAM_CONFIG',
          message: `role ${role}: expected the rights of a role enqueuer, got none for USAGE on schema ${prefix}; run what \`npx eramjs grants --role ${role} --as enqueuer --prefix ${prefix}\` prints`,
        })
        await schema.rows(`GRANT USAGE ON SCHEMA ${prefix} TO ${role}`)
        await assert.rejects(start({ queues: { default: 1 } }), (/** @type {any} */ error) => {
          assert.equal(error.code, 'ERAM_CONFIG')
          assert.match(
            error.message,
            /got none for SELECT, INSERT, UPDATE, DELETE on eram_attempts, .* more; run what `npx eramjs grants --role \S+ --as worker/,
          )
          return true
        })
        await withEngine(url, prefix, {}, (engine) =>
          assert.rejects(EramEngine.enqueue(RoleJob, {}, { engine }), (/** @type {any} */ error) => {
            assert.deepEqual([error.code, error.sqlstate], ['ERAM_DATABASE', '42501'])
            assert.match(error.message, /got none for INSERT on eram_jobs, SELECT \(id, state, .*as enqueuer/)
            return true
          }),
        )
      }),
    ))

  test('migrate() as a role that may not says what to run', () =>
    withSchema(
      (schema) =>
        asRole(schema, undefined, [], async (url, role) => {
          const migrate = (/** @type {string} */ prefix) => EramEngine.migrate({ url, prefix })
          await assert.rejects(migrate(`${schema.prefix}_new`), /run CREATE SCHEMA ".*_new" AUTHORIZATION/)
          await schema.rows(`GRANT USAGE ON SCHEMA ${schema.prefix} TO ${role}`)
          await assert.rejects(migrate(schema.prefix), new RegExp(`run GRANT USAGE, CREATE ON SCHEMA "${schema.prefix}" TO "${role}"`))
          await schema.rows(`GRANT CREATE ON SCHEMA ${schema.prefix} TO ${role}`)
          const { version, latest } = await migrate(schema.prefix)
          assert.equal(version, latest)
        }),
      { migrate: false },
    ))

  test('migrate() as a worker finds everything up to date, without CREATE', () =>
    withSchema((schema) =>
      asRole(schema, 'worker', [], async (url) => {
        const { steps } = await EramEngine.migrate({ url, prefix: schema.prefix })
        assert.deepEqual(steps, [])
        await assert.rejects(EramEngine.migrate({ url, prefix: schema.prefix, to: 0 }), /expected the owner of the tables/)
      }),
    ))
})
