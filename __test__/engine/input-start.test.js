// What EramEngine.start() is told wrongly, or finds otherwise than it needs it: it says so, and nothing is left half-started.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { EramEngine, EramError } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../../index.js').EramErrorCode} Code */

/**
 * @param {unknown} options
 * @param {Code} code
 * @param {RegExp} message
 * @param {string} [sqlstate]
 */
async function assertRefused(options, code, message, sqlstate) {
  const start = EramEngine.start(/** @type {any} */ (options))
  await assert.rejects(start, (error) => {
    assert.ok(error instanceof EramError)
    assert.deepEqual([error.code, error.sqlstate], [code, sqlstate], error.message)
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /wrong-one|hidden/)
    return true
  })
  assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' })
}

describe('an unknown option', () => {
  /** @type {[unknown, RegExp][]} */
  const table = [
    // Unknown.
    [{ prunes: false }, /^unknown option "prunes", did you mean "prune"\?$/],
    [{ heartbeat_intervall: 5 }, /^unknown option "heartbeat_intervall", did you mean "heartbeat_interval"\?$/],
    [{ pollInterval: 5 }, /^unknown option "pollInterval", did you mean "poll_interval"\?$/],
    [{ elephants: 5 }, /^unknown option "elephants"; known are name, node, prefix, /],
    [{ queues: { mail: { limits: 3 } } }, /^queues\.mail: unknown option "limits", did you mean "limit"\?$/],
    [{ prune: { intervall: 5 } }, /^prune: unknown option "intervall", did you mean "interval"\?$/],
    [{ queues: { a: { resource_limits: { heap: 1 } } } }, /^queues\.a\.resource_limits: unknown option "heap"; known are /],
    // Of another kind.
    ['text', /^EramEngine\.start: expected an object, got "text"$/],
    [null, /^EramEngine\.start: expected an object, got null$/],
    [[], /^EramEngine\.start: expected an object, got an array$/],
    [{ queues: [] }, /^queues: expected an object, got \[\]$/],
    [{ queues: new Map([['a', 1]]) }, /^options\.queues: expected JSON, got a Map; pass Object\.fromEntries\(map\)$/],
    [{ queues: { mail: '5' } }, /^queues\.mail: expected a positive integer or an object \{ limit, threads, … \}, got "5"$/],
    [{ queues: { mail: 0 } }, /^queues\.mail: expected a positive integer, got 0$/],
    [{ queues: { mail: 1.5 } }, /^queues\.mail: expected a positive integer, got 1\.5$/],
    [{ queues: { mail: 1n } }, /^options\.queues\.mail: expected JSON, got a BigInt/],
    [{ queues: { mail: { limit: 2, threads: 3 } } }, /^queues\.mail\.threads: expected at most the limit, which is 2, got 3$/],
    [{ queues: { mail: { isolation: 'fiber' } } }, /^queues\.mail\.isolation: expected "main", "thread" or "process", got "fiber"$/],
    [{ queues: { mail: { exec_argv: 'x' } } }, /^queues\.mail\.exec_argv: expected an array of strings, got "x"$/],
    [{ queues: { '': 1 } }, /^queues\[""\]: expected a name of 1 to 127 characters, got 0$/],
    [{ pool: '4' }, /^pool: expected a positive integer, got "4"$/],
    [{ prefix: 'a b' }, /^prefix: expected a schema of up to 40 letters, digits, .*, got "a b"$/],
    [{ name: 5 }, /^name: expected a text of 1 to 127 characters, got 5$/],
    [{ poll_interval: 'soon' }, /^poll_interval: expected a duration from 10 ms to 1 day \(.*\), got "soon"$/],
    [{ grace: Infinity }, /^options\.grace: expected a finite number, got Infinity$/],
    [{ heartbeat_interval: 60_000 }, /^heartbeat_interval: expected a duration from 100 ms to 6 s \(.*\), got 60000$/],
    [{ abort_grace: 99_999 }, /^abort_grace: expected at most grace, which is 15000 ms, got 99999$/],
    [{ signals: 'yes' }, /^signals: expected true or false, got "yes"$/],
    [{ logger: 5 }, /^logger: expected a logger, options, 'json', 'pretty' or false, got 5$/],
    [{ lifeline: { rescue_after: 'x' } }, /^lifeline\.rescue_after: expected a duration from 1 s to 36525 days \(.*\), got "x"$/],
    [{ stager: 5 }, /^stager: expected true, false or an object of options, got 5$/],
    [{ cron: {} }, /^cron: expected an array of entries, or false, got an object$/],
    [{ cron: [['* * *', 'X']] }, /^cron\[0\]\[0\]: expected five fields \(.*\) or a nickname such as "@daily", got "\* \* \*"$/],
    [{ cron: [['* * * * *', 5]] }, /^cron\[0\]\[1\]: expected a job class or its name, got 5$/],
    [{ timezone: 'Mars/Base' }, /^timezone: expected the name of a time zone such as "Europe\/Berlin", got "Mars\/Base"$/],
    [{ url: 5 }, /^url: expected a text that is not empty, got a number$/],
    [
      { url: 'mysql://me:hidden@x' },
      /^url: expected "postgres:\/\/user@host\/dbname" or "host=… dbname=…", got a URL that begins with "mysql:\/\/"$/,
    ],
    [{ driver: { type: 'oracle', config: {} } }, /^driver\.type: expected one of .*, got "oracle"$/],
  ]
  for (const [options, message] of table) {
    test(`is refused: ${inspect(options, { breakLength: Infinity })}`, () => assertRefused(options, 'ERAM_CONFIG', message))
  }
})

describe('a database', () => {
  test('that is not migrated, or by another version', () =>
    withSchema(
      async ({ url, prefix, rows }) => {
        const hint = new RegExp(`run \`npx eramjs migrate --prefix ${prefix}\` or EramEngine\\.migrate\\(\\)$`)
        await assertRefused(
          { url, prefix },
          'ERAM_NOT_MIGRATED',
          new RegExp(`^schema "${prefix}": expected EramJS's tables at version \\d+, got none; `),
        )
        await assertRefused({ url, prefix }, 'ERAM_NOT_MIGRATED', hint)
        await EramEngine.migrate({ url, prefix })
        await rows('DELETE FROM eram_migrations WHERE version > 1')
        await assertRefused({ url, prefix }, 'ERAM_NOT_MIGRATED', /expected version \d+, got 1; run /)
        await rows(`INSERT INTO eram_migrations (version, name) VALUES (9999, 'from the future')`)
        const newer = /expected version \d+, got 9999, which a newer EramJS made; upgrade the package/
        await assertRefused({ url, prefix }, 'ERAM_SCHEMA_TOO_NEW', newer)
        await assert.rejects(EramEngine.migrate({ url, prefix }), { code: 'ERAM_SCHEMA_TOO_NEW', message: newer })
      },
      { migrate: false },
    ))

  test('that is not there', () =>
    withSchema(async ({ url, prefix }) => {
      const at = (/** @type {(url: URL) => void} */ change) => {
        const other = new URL(url)
        change(other)
        return { url: other.href, prefix }
      }
      await assertRefused(
        at((it) => {
          it.pathname = '/no_such_database'
        }),
        'ERAM_DATABASE',
        /^database \S+: database "no_such_database" does not exist \(SQLSTATE 3D000\)$/,
        '3D000',
      )
      await assertRefused(
        at((it) => {
          it.port = '1'
        }),
        'ERAM_UNAVAILABLE',
        /^database \S+:1: cannot be reached: Connection refused/,
      )
      await assertRefused(
        at((it) => {
          it.hostname = 'no-such-host.invalid'
        }),
        'ERAM_UNAVAILABLE',
        /^database no-such-host\.invalid:\d+: cannot be reached: /,
      )
    }))

  test('that takes the call and does not answer', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = /** @type {import('node:net').AddressInfo} */ (silent.address())
    try {
      const url = `postgres://me:hidden@127.0.0.1:${port}/db?connect_timeout=2`
      await assertRefused(
        { url },
        'ERAM_UNAVAILABLE',
        /^database 127\.0\.0\.1:\d+: expected an answer within 2 s \(connect_timeout\), got none$/,
      )
    } finally {
      silent.close()
    }
  })

  test('that does not let us in', async () => {
    const server = await startPostgres()
    try {
      const url = new URL(server.url)
      url.password = 'wrong-one'
      const no = /^database \S+: password authentication failed for user "\w+" \(SQLSTATE 28P01\)$/
      await assertRefused({ url: url.href }, 'ERAM_DATABASE', no, '28P01')
      url.username = 'nobody_we_know'
      await assertRefused({ url: url.href }, 'ERAM_DATABASE', no, '28P01')
      url.password = ''
      await assertRefused(
        { url: url.href },
        'ERAM_CONFIG',
        /expected a password for user "nobody_we_know", as the server asks for one, got none; give it in the url, /,
      )
    } finally {
      await server.stop()
    }
  })
})

test('a start that failed can be tried again', () =>
  withSchema(async ({ url, prefix, rows }) => {
    await assertRefused({ url, prefix, queues: { a: 0 } }, 'ERAM_CONFIG', /queues\.a/)
    await assertRefused({ url, prefix: 'nowhere' }, 'ERAM_NOT_MIGRATED', /nowhere/)
    const engine = await EramEngine.start({ url, prefix, queues: { a: 1 } })
    assert.equal((await rows('SELECT uuid FROM eram_producers')).length, 1)
    await engine.stop()
    assert.deepEqual(await rows('SELECT uuid FROM eram_producers'), [])
  }))
