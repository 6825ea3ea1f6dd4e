// eramjs grants: with what it prints, a role can do its part and nothing else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { partsOfFunction, TABLES } from '../../cli/doctor/grant-lists.js'
import { grantsFor } from '../../cli/doctor/grants.js'
import { EramEngine } from '../../index.js'
import { eramjs } from '../support/cli.js'
import { sql, withSchema } from '../support/database.js'
import { asRole } from '../support/roles.js'

const DRAFT = `'[{"worker":"A","args":{"secret":1}}]'`
const ENQUEUE = `SELECT eram_enqueue(${DRAFT})`
const UNIQUE = `SELECT eram_enqueue('[{"worker":"A","args":{},"unique":true}]')`

/** Statements by name; each is tried by each role. */
const ACTS = {
  enqueue: ENQUEUE,
  read_args: 'SELECT args FROM eram_jobs',
  read_state: 'SELECT state FROM eram_jobs',
  read_nodes: 'SELECT node FROM eram_producers',
  cancel: `UPDATE eram_jobs SET state = 'cancelled' WHERE id = 0`,
  delete: 'DELETE FROM eram_jobs WHERE id = 0',
  pause: `INSERT INTO eram_queues (queue, paused) VALUES ('q', true) ON CONFLICT (queue, node) DO UPDATE SET paused = true`,
  notify: `SELECT eram_notify('prices', '1')`,
  serve: `INSERT INTO eram_producers (uuid, name, node, queue, job_limit) VALUES (gen_random_uuid(), 'e', 'n', 'q', 1)`,
  ack: `SELECT eram_complete_jobs('{}', '{}', '{}', '{}')`,
  stamp: `INSERT INTO eram_settings (key, value) VALUES ('other', '1') ON CONFLICT (key) DO UPDATE SET value = '1'`,
  alter: 'ALTER TABLE eram_workers ADD COLUMN mine int',
  make: 'CREATE TABLE mine (id int)',
}

/** @type {[string, string[], (keyof typeof ACTS)[]][]} */
const ROLES = [
  ['enqueuer', [], ['enqueue', 'read_state']],
  ['enqueuer', ['--unique'], ['enqueue', 'read_args', 'read_state', 'cancel']],
  ['viewer', [], ['read_args', 'read_state', 'read_nodes']],
  ['viewer', ['--no-contents'], ['read_state', 'read_nodes']],
  ['operator', [], ['enqueue', 'read_args', 'read_state', 'read_nodes', 'cancel', 'delete', 'pause', 'notify']],
  ['worker', [], ['enqueue', 'read_args', 'read_state', 'read_nodes', 'cancel', 'delete', 'pause', 'notify', 'serve', 'ack', 'stamp']],
  ['owner', [], /** @type {(keyof typeof ACTS)[]} */ (Object.keys(ACTS))],
]

describe('grants', () => {
  for (const [part, args, allowed] of ROLES) {
    test(`${[part, ...args].join(' ')}: ${allowed.length} acts are allowed, and no other`, () =>
      withSchema((schema) =>
        asRole(schema, part, args, async (url) => {
          const { client, end } = await sql(url, schema.prefix)
          const done = []
          for (const [name, text] of Object.entries(ACTS)) {
            const code = await client.query(text).then(
              () => undefined,
              (error) => error.code,
            )
            // Not allowed, or not the owner.
            assert.ok(code === undefined || code === '42501', `${name}: ${code}`)
            if (code === undefined) done.push(name)
          }
          await end()
          assert.deepEqual(done, allowed)
        }),
      ))
  }

  test('an enqueuer makes unique jobs with --unique alone', () =>
    withSchema(async (schema) => {
      const attempt = async (/** @type {string} */ url) => {
        const { client, end } = await sql(url, schema.prefix)
        await client.query(UNIQUE).finally(end)
      }
      await asRole(schema, 'enqueuer', [], (url) => assert.rejects(attempt(url), { code: '42501' }))
      await asRole(schema, 'enqueuer', ['--unique'], attempt)
    }))

  test('an engine runs queues as a worker', () =>
    withSchema((schema) =>
      asRole(schema, 'worker', [], async (url) => {
        const engine = await EramEngine.start({ url, prefix: schema.prefix, queues: { default: 1 }, logger: false })
        try {
          await EramEngine.enqueue('NoSuchJob', {}, { engine, schedule_in: '1 hour' })
          await engine.pause('default')
        } finally {
          await engine.stop()
        }
      }),
    ))

  test('each table and function of the schema has a line that says who may use it', () =>
    withSchema(async ({ rows, prefix }) => {
      const made = await rows(
        `SELECT relname AS name FROM pg_class WHERE relnamespace = '${prefix}'::regnamespace AND relkind IN ('r', 'p')`,
      )
      assert.deepEqual(
        made.map(({ name }) => name).filter((name) => !TABLES[name]),
        [],
      )
      const called = await rows(`SELECT proname AS name FROM pg_proc WHERE pronamespace = '${prefix}'::regnamespace`)
      assert.deepEqual(
        called.map(({ name }) => name).filter((name) => !partsOfFunction(name)),
        [],
      )
    }))

  test('the statements run twice, for a role of any name, and hold for what is made later', () =>
    withSchema(async ({ rows, prefix }) => {
      const role = `o'dd "$eramjs$" ${prefix}`
      const name = `"${role.replaceAll('"', '""')}"`
      await rows(`CREATE ROLE ${name}`)
      try {
        const statements = grantsFor('worker', { role, prefix, unique: false, contents: true }).join('\n')
        await rows(statements)
        await rows(statements)
        await rows(`CREATE TABLE eram_later (id bigint GENERATED BY DEFAULT AS IDENTITY)`)
        const [may] = await rows(
          `SELECT has_table_privilege($1, 'eram_later', 'DELETE') AS deletes, has_sequence_privilege($1, 'eram_later_id_seq', 'USAGE') AS counts`,
          [role],
        )
        assert.deepEqual(may, { deletes: true, counts: true })
      } finally {
        await rows(`DROP OWNED BY ${name}; DROP ROLE ${name}`)
      }
    }))

  test('with --owner the statements for later tables name that role', async () => {
    const { out } = await eramjs(['grants', '--role', 'web', '--as', 'viewer', '--owner', 'Deploy'], { env: {} })
    assert.match(out, /^ALTER DEFAULT PRIVILEGES FOR ROLE "Deploy" IN SCHEMA "public" GRANT SELECT ON TABLES TO "web";$/m)
    assert.match(out, /-- In schema public these hold for all/)
  })

  test('wrong input names the option', async () => {
    for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
      [['--as', 'worker'], /grants: expected --role, got none/],
      [['--role', 'r'], /grants: expected --as, got none/],
      [['--role', '', '--as', 'worker'], /--role: expected a name, got ""/],
      [['--role', 'r', '--as', 'king'], /--as: expected one of enqueuer, viewer, operator, worker, owner, got "king"/],
    ])) {
      const { code, err } = await eramjs(['grants', ...args], { env: {} })
      assert.equal(code, 2)
      assert.match(err, message)
    }
  })
})
