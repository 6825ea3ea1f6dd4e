// eramjs doctor: each sabotage is found by exactly the check that looks for it, and a healthy database gives no finding.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import * as doctor from '../../cli/commands/doctor.js'
import { main } from '../../cli/main.js'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql, until, withSchema } from '../support/database.js'
import { missing, startPgbouncer } from '../support/pgbouncer.js'
import { files } from '../support/sources.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {() => unknown} Undo */

/** A server of its own: some checks look at all of it. @type {Awaited<ReturnType<typeof startPostgres>>} */
let postgres
before(async () => {
  postgres = await startPostgres({ settings: { max_connections: 40, max_prepared_transactions: 5 } })
})
after(() => postgres.stop())

/** @param {(schema: Schema) => Promise<void>} scenario @param {{ migrate?: boolean }} [options] */
const onServer = (scenario, options) => withSchema(scenario, { url: postgres.url, ...options })

/** @param {Schema} schema @param {string[]} args */
async function examine({ prefix, url }, ...args) {
  let out = ''
  const io = {
    print: (/** @type {string} */ text) => {
      out += `${text}\n`
    },
    warn: (/** @type {string} */ text) => {
      out += `${text}\n`
    },
    clear: () => {},
    interactive: false,
    ask: async () => '',
    lines: async function* () {},
    env: {},
  }
  const given = args.includes('--url') ? args : ['--url', url, ...args]
  const code = await main({ doctor }, ['doctor', '--prefix', prefix, ...given], io)
  return { code, out }
}

/** The checks that found something. @param {Schema} schema @param {string[]} args */
async function found(schema, ...args) {
  const { out } = await examine(schema, '--json', ...args)
  const { checks, error } = JSON.parse(out)
  assert.equal(error, undefined, out)
  return checks
    .filter((/** @type {{ level: string }} */ { level }) => level === 'warn' || level === 'fail')
    .map((/** @type {{ check: string }} */ { check }) => check)
}

/** @param {string} text @returns {(schema: Schema) => Promise<void>} */
const statement =
  (text) =>
  async ({ rows }) => {
    await rows(text)
  }

/** A producer as a node makes it. @param {Partial<Record<'node' | 'name' | 'queue' | 'age' | 'started' | 'workers' | 'meta', string>>} given */
const producer = ({ node = 'one', name = 'other', queue = 'q', age = '0 s', started = '0 s', workers = '{}', meta = '{}' } = {}) =>
  `INSERT INTO eram_producers (uuid, name, node, queue, job_limit, workers, meta, started_at, updated_at)
   VALUES (gen_random_uuid(), '${name}', '${node}', '${queue}', 1, '${workers}', '${meta}', now() - interval '${started}', now() - interval '${age}');`

const job = (/** @type {string} */ columns, /** @type {string} */ values) =>
  `INSERT INTO eram_jobs (worker, ${columns}) VALUES ('A', ${values});`

/** What is done, and the check that finds it. @type {[string, string, (schema: Schema) => Promise<Undo | void>, string[]?][]} */
const SABOTAGES = [
  ['an index is dropped', 'drift', statement('DROP INDEX eram_jobs_fetch_index')],
  [
    'an index is another',
    'drift',
    statement('DROP INDEX eram_jobs_stage_index; CREATE INDEX eram_jobs_stage_index ON eram_jobs (scheduled_at)'),
  ],
  [
    'an index is invalid',
    'drift',
    statement(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'eram_jobs_exhausted_index'::regclass`),
  ],
  ['an index is added', 'drift', statement('CREATE INDEX mine ON eram_jobs (completed_at)')],
  [
    'a trigger is added',
    'drift',
    statement(`CREATE TRIGGER mine BEFORE UPDATE ON eram_jobs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`),
  ],
  ['a trigger is disabled', 'drift', statement('ALTER TABLE eram_crons DISABLE TRIGGER eram_crons_made')],
  [
    'a function is another',
    'drift',
    statement(`CREATE OR REPLACE FUNCTION eram_queue_key(queue text) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint'`),
  ],
  ['a function is dropped', 'drift', statement('DROP FUNCTION eram_ack_job')],
  ['a constraint is dropped', 'drift', statement('ALTER TABLE eram_jobs DROP CONSTRAINT eram_jobs_attempt_range')],
  ['a column has another type', 'drift', statement('ALTER TABLE eram_workers ALTER COLUMN version TYPE varchar(5)')],
  ['a storage setting is lost', 'drift', statement('ALTER TABLE eram_jobs RESET (fillfactor)')],
  ['a migration is missing', 'schema', statement('DELETE FROM eram_migrations WHERE version = (SELECT max(version) FROM eram_migrations)')],
  ['engines are of another version', 'versions', statement(producer({ meta: '{"eram":"0.0.9"}' }))],
  [
    'the database is that of another environment',
    'environment',
    statement(`INSERT INTO eram_settings (key, value) VALUES ('environment', '"staging"')`),
    ['--environment', 'production'],
  ],
  [
    'the statements of the role time out',
    'server',
    async ({ rows }) => {
      await rows(`ALTER ROLE CURRENT_USER SET statement_timeout = '10s'`)
      return () => rows('ALTER ROLE CURRENT_USER RESET statement_timeout')
    },
  ],
  [
    'commits of the role are not synchronous',
    'server',
    async ({ rows }) => {
      await rows(`ALTER ROLE CURRENT_USER SET synchronous_commit = off`)
      return () => rows('ALTER ROLE CURRENT_USER RESET synchronous_commit')
    },
  ],
  [
    'a transaction stays open',
    'transactions',
    async ({ url, prefix }) => {
      const other = await sql(url, prefix)
      await other.rows('BEGIN')
      return () => other.end()
    },
    ['--age', '0'],
  ],
  [
    'a prepared transaction is forgotten',
    'horizon',
    async ({ rows, prefix }) => {
      await rows(`BEGIN; LOCK TABLE eram_settings IN ACCESS SHARE MODE; PREPARE TRANSACTION '${prefix}'`)
      return () => rows(`ROLLBACK PREPARED '${prefix}'`)
    },
    ['--age', '0'],
  ],
  ['autovacuum is off for a table', 'autovacuum', statement('ALTER TABLE eram_jobs SET (autovacuum_enabled = false)')],
  [
    'autovacuum is off for the server',
    'autovacuum',
    async ({ rows }) => {
      const set = async (/** @type {string} */ change, /** @type {string} */ value) => {
        await rows(`ALTER SYSTEM ${change}`)
        await rows('SELECT pg_reload_conf()')
        await until(async () => assert.deepEqual(await rows('SHOW autovacuum'), [{ autovacuum: value }]))
      }
      await set('SET autovacuum = off', 'off')
      return () => set('RESET autovacuum', 'on')
    },
  ],
  [
    'an index is bloated',
    'bloat',
    async ({ rows }) => {
      await rows(`INSERT INTO eram_jobs (worker, queue) SELECT 'A', 'q' FROM generate_series(1, 250000)`)
      await rows(`DELETE FROM eram_jobs`)
      await rows('VACUUM eram_jobs')
      // The dead rows are counted when the session reports them, which may be after the vacuum.
      await rows('SELECT pg_stat_force_next_flush()')
      await rows(`SELECT pg_stat_reset_single_table_counters('eram_jobs'::regclass)`)
    },
  ],
  [
    'a lock is waited for',
    'locks',
    async ({ url, prefix, rows }) => {
      const holder = await sql(url, prefix)
      const waiter = await sql(url, prefix)
      await holder.rows('BEGIN; LOCK TABLE eram_jobs IN SHARE MODE')
      const waiting = waiter.rows(job('queue', `'q'`))
      await until(async () => {
        const seen = await rows(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query_start < now() - interval '3 seconds'`,
        )
        assert.equal(seen.length, 1)
      })
      return async () => {
        await holder.end()
        await waiting
        await waiter.end()
      }
    },
  ],
  ['a queue has no node', 'queues', statement(job('queue, scheduled_at', `'alone', now() - interval '1 hour'`))],
  [
    'a class is on no node',
    'queues',
    statement(producer({ workers: '{B}' }) + job('queue, scheduled_at', `'q', now() - interval '1 hour'`)),
  ],
  ['a job has no attempts left', 'queues', statement(job('attempt, max_attempts', '3, 3'))],
  ['a job is due in the far future', 'queues', statement(job('state, scheduled_at', `'scheduled', 'infinity'`))],
  ['a node is gone', 'queues', statement(producer({ age: '10 minutes' }))],
  ['ticks were missed', 'cron', statement(`INSERT INTO eram_crons (name, expression, worker, missed) VALUES ('n', '@daily', 'A', 3)`)],
  ['an entry is not valid', 'cron', statement(`INSERT INTO eram_crons (name, expression, worker) VALUES ('n', 'at noon', 'A')`)],
  ['engines have no leader', 'leader', statement(producer({ started: '10 minutes' }))],
  ['nodes share a name', 'nodes', statement(producer({ meta: '{"boot":"1"}' }) + producer({ meta: '{"boot":"2"}', queue: 'r' }))],
  [
    'metrics are late',
    'metrics',
    statement(`${producer({ started: '10 minutes' })}
      INSERT INTO eram_peers (name, node, owner, expires_at) VALUES ('other', 'one', gen_random_uuid(), now() + interval '1 hour');
      INSERT INTO eram_metrics (step, bucket, name, node, boot, written_at, data)
      VALUES (10, date_trunc('minute', now()) - interval '3 minutes', 'other', 'one', gen_random_uuid(), now() - interval '2 minutes', '{"v":1,"s":[]}')`),
  ],
  [
    'connections are nearly used up',
    'connections',
    async ({ url }) => {
      const all = await Promise.all(Array.from({ length: 31 }, () => sql(url)))
      return () => Promise.all(all.map((each) => each.end()))
    },
  ],
]

describe('doctor', () => {
  test('finds nothing on a healthy database, idle or at work', () =>
    onServer(async (schema) => {
      assert.deepEqual(await found(schema), [])
      const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: { default: 2 }, logger: false })
      try {
        await engine.cron.insert({ name: 'nightly', schedule: '0 3 * * *', job: 'Report' })
        await EramEngine.enqueue('Later', {}, { engine, schedule_in: '1 hour' })
        assert.deepEqual(await found(schema), [])
        const { code, out } = await examine(schema)
        assert.equal(code, 0)
        assert.match(out, /^ok {6}drift$/m)
      } finally {
        await engine.stop()
      }
    }))

  for (const [name, check, sabotage, args = []] of SABOTAGES) {
    test(`${name}: found by ${check} alone`, () =>
      onServer(async (schema) => {
        const undo = await sabotage(schema)
        try {
          assert.deepEqual(await found(schema, ...args), [check])
        } finally {
          await undo?.()
        }
      }))
  }

  test('the clock is off: found by clock alone', (t) =>
    onServer(async (schema) => {
      const now = Date.now.bind(Date)
      t.mock.method(Date, 'now', () => now() + 60_000)
      assert.deepEqual(await found(schema), ['clock'])
    }))

  test('a role that only reads: found by rights alone', () =>
    onServer(async (schema) => {
      const role = `reader_${schema.prefix}`
      await schema.rows(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA ${schema.prefix} TO ${role};
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ${schema.prefix} TO ${role}`)
      const url = new URL(schema.url)
      url.username = role
      url.password = 'secret'
      assert.deepEqual(await found(schema, '--url', url.href), ['rights'])
      await schema.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }))

  for (const mode of ['session', 'transaction']) {
    test(`PgBouncer in ${mode} mode is in between: found by pooler and listen alone`, { skip: missing }, () =>
      onServer(async (schema) => {
        const pgbouncer = await startPgbouncer(schema.url, `pool_mode = ${mode}`)
        try {
          assert.deepEqual(await found(schema, '--url', pgbouncer.url), ['pooler', 'listen'])
        } finally {
          await pgbouncer.stop()
        }
      }),
    )
  }

  test('an empty schema fails, with the command to run', () =>
    onServer(
      async (schema) => {
        assert.deepEqual(await found(schema), ['schema'])
        const { code, out } = await examine(schema)
        assert.equal(code, 1)
        assert.match(out, /fail {4}schema: the schema is not migrated\n.*Run `npx eramjs migrate --prefix t_/)
        assert.match(out, /^skipped drift$/m)
      },
      { migrate: false },
    ))

  test('--fix prints the SQL that solves it, and does not run it', () =>
    onServer(async (schema) => {
      await schema.rows('CREATE INDEX mine ON eram_jobs (completed_at); ALTER TABLE eram_jobs SET (autovacuum_enabled = false)')
      const { out } = await examine(schema, '--fix')
      assert.deepEqual((await found(schema)).sort(), ['autovacuum', 'drift'])
      for (const text of out.split('\n').filter((line) => !line.startsWith('--') && line !== '')) await schema.rows(text)
      assert.deepEqual(await found(schema), [])
      assert.equal((await examine(schema, '--fix')).out, '-- nothing to do in SQL\n')
    }))

  test('--only runs one check, and names those that there are', () =>
    onServer(async (schema) => {
      const { checks } = JSON.parse((await examine(schema, '--json', '--only', 'schema')).out)
      assert.deepEqual(checks, [{ check: 'schema', level: 'ok', findings: [] }])
      const { code, out } = await examine(schema, '--only', 'weather')
      assert.equal(code, 2)
      assert.match(out, /--only: expected one of versions, schema, .*, got "weather"/)
    }))

  test('every check has a sabotage', () => {
    const checks = files('cli/doctor/checks', '.js').map((file) => path.basename(file, '.js'))
    const others = ['clock', 'rights', 'pooler', 'listen']
    assert.deepEqual([...new Set([...SABOTAGES.map(([, check]) => check), ...others])].sort(), checks.sort())
  })
})
