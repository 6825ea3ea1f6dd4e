// The command line: what it prints, what it changes, and how it exits.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as environment from '../../cli/commands/environment.js'
import * as migrate from '../../cli/commands/migrate.js'
import * as rollback from '../../cli/commands/rollback.js'
import * as sqlCommand from '../../cli/commands/sql.js'
import * as status from '../../cli/commands/status.js'
import { main } from '../../cli/main.js'
import { DATABASE_URL, sql, withSchema } from '../support/database.js'
import { files } from '../support/sources.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))
const commands = { migrate, rollback, status, sql: sqlCommand, environment }
const place = new URL(DATABASE_URL).host + new URL(DATABASE_URL).pathname

/**
 * The program itself, without a terminal to ask at.
 *
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ code: number, out: string, err: string }>}
 */
const eramjs = (args, env = { DATABASE_URL }) =>
  new Promise((resolve) => {
    const quiet = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env }
    const child = execFile(process.execPath, [CLI, ...args], { env: quiet }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
    child.stdin?.end()
  })

/**
 * The same in this process, with answers to its questions.
 *
 * @param {string[]} args
 * @param {string} [answer]
 */
async function typed(args, answer) {
  /** @type {string[]} */
  const output = []
  const out = { print: '', asked: '' }
  const code = await main(commands, args, {
    print: (text) => {
      out.print += `${text}\n`
    },
    warn: (text) => output.push(text),
    clear: () => {},
    interactive: answer !== undefined,
    ask: async (question) => {
      out.asked = question
      return answer ?? ''
    },
    lines: async function* () {},
    env: { DATABASE_URL },
  })
  return { code, out: out.print, asked: out.asked, err: output.join('\n') }
}

/** @param {Schema} schema */
const tables = async ({ rows, prefix }) =>
  (await rows(`SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1`, [prefix])).map(({ tablename }) => tablename)

/** @param {(schema: Schema) => Promise<void>} scenario */
const empty = (scenario) => withSchema(scenario, { migrate: false })

const NAMES = files('migrations', '.up.sql').map((file) => path.basename(file, '.up.sql'))
const LATEST = NAMES.length
const [FIRST, ...LATER] = NAMES

describe('migrate and status', () => {
  test('lead an empty schema to this version, and say so', () =>
    empty(async (schema) => {
      const { prefix } = schema
      const name = `schema "${prefix}" of ${place}`
      assert.deepEqual(await eramjs(['status', '--prefix', prefix]), {
        code: 1,
        out: `${name}: not migrated; run \`npx eramjs migrate --prefix ${prefix}\`\n`,
        err: '',
      })
      assert.deepEqual(await eramjs(['migrate', '--prefix', prefix, '--to', '1']), {
        code: 0,
        out: `up    ${FIRST}\n${name}: now at version 1\n`,
        err: '',
      })
      assert.deepEqual(await eramjs(['status', '--prefix', prefix]), {
        code: 1,
        out: `${name}: version 1 of ${LATEST}, pending ${LATER.join(', ')}; run \`npx eramjs migrate --prefix ${prefix}\`\n`,
        err: '',
      })
      assert.deepEqual(await eramjs(['migrate', '--prefix', prefix]), {
        code: 0,
        out: `${LATER.map((each) => `up    ${each}\n`).join('')}${name}: now at version ${LATEST}\n`,
        err: '',
      })
      assert.deepEqual(await eramjs(['migrate', '--prefix', prefix]), { code: 0, out: `${name}: was at version ${LATEST}\n`, err: '' })
      assert.deepEqual(await eramjs(['status', '--prefix', prefix]), {
        code: 0,
        out: `${name}: version ${LATEST}, up to date\n`,
        err: '',
      })
    }))

  test('make the schema itself if it is not there', () =>
    empty(async ({ rows, prefix }) => {
      const other = `${prefix}_new`
      assert.equal((await eramjs(['migrate', '--prefix', other])).code, 0)
      assert.equal((await eramjs(['status', '--prefix', other])).code, 0)
      await rows(`DROP SCHEMA ${other} CASCADE`)
    }))

  test('speak JSON', () =>
    empty(async ({ prefix }) => {
      const json = async (/** @type {string[]} */ ...args) => {
        const { code, out } = await eramjs([...args, '--prefix', prefix, '--json'])
        return [code, JSON.parse(out)]
      }
      assert.deepEqual(await json('status'), [1, { prefix, version: 0, latest: LATEST, pending: NAMES, current: false }])
      assert.deepEqual(await json('migrate'), [0, { prefix, from: 0, to: LATEST, steps: NAMES, indexes: [] }])
      assert.deepEqual(await json('migrate'), [0, { prefix, from: LATEST, to: LATEST, steps: [], indexes: [] }])
      assert.deepEqual(await json('status'), [0, { prefix, version: LATEST, latest: LATEST, pending: [], current: true }])
      assert.deepEqual(await json('rollback', '--yes'), [0, { prefix, from: LATEST, to: LATEST - 1, steps: NAMES.slice(-1) }])
      const [code, { error }] = await json('rollback', '--to', '0')
      assert.deepEqual([code, error.code], [1, 'NOT_CONFIRMED'])
    }))

  test('the search indexes come on request, once', () =>
    withSchema(async ({ rows, prefix }) => {
      const { code, out } = await eramjs(['migrate', '--prefix', prefix, '--search-indexes'])
      assert.equal(code, 0)
      assert.match(out, /^index eram_jobs_args_index\nindex eram_jobs_meta_index\nschema /)
      const again = await eramjs(['migrate', '--prefix', prefix, '--search-indexes', '--json'])
      assert.deepEqual(JSON.parse(again.out).indexes, [])
      const made = await rows(`SELECT indexname FROM pg_indexes WHERE schemaname = $1 AND indexdef LIKE '%USING gin%' ORDER BY 1`, [prefix])
      assert.deepEqual(
        made.map(({ indexname }) => indexname),
        ['eram_jobs_args_index', 'eram_jobs_meta_index'],
      )
    }))

  test('migrate never goes down, and rollback never up', () =>
    withSchema(async (schema) => {
      const { prefix } = schema
      const before = await tables(schema)
      const down = await eramjs(['migrate', '--prefix', prefix, '--to', '0'])
      assert.deepEqual([down.code, down.out], [2, ''])
      assert.match(
        down.err,
        /^eramjs: ERAM_CONFIG: --to: expected a version of \d+ or later, got 0; to go down, run eramjs rollback --to 0\n$/,
      )
      const up = await eramjs(['rollback', '--prefix', prefix, '--to', '900', '--yes'])
      assert.equal(up.code, 2)
      assert.match(up.err, /--to: expected a version below \d+, got 900; to go up, run eramjs migrate --to 900/)
      assert.deepEqual(await tables(schema), before)
    }))

  test('a schema from a later release is left alone', () =>
    withSchema(async ({ rows, prefix }) => {
      await rows(`INSERT INTO eram_migrations (version, name) VALUES (900, '900_of_the_future')`)
      const output = await eramjs(['status', '--prefix', prefix])
      assert.equal(output.code, 1)
      assert.match(output.out, /version 900, and this eramjs knows \d+; upgrade the package/)
      for (const args of [['migrate'], ['rollback', '--to', '0', '--yes']]) {
        const { code, err } = await eramjs([...args, '--prefix', prefix])
        assert.equal(code, 2)
        assert.match(err, /^eramjs: ERAM_SCHEMA_TOO_NEW: schema "/)
      }
    }))
})

describe('rollback', () => {
  test('takes one step, and asks before it drops tables', () =>
    withSchema(async (schema) => {
      const args = ['rollback', '--prefix', schema.prefix]
      const one = await eramjs([...args, '--yes'])
      assert.deepEqual([one.code, one.out.split('\n')[0]], [0, `down  ${NAMES.at(-1)}`])
      const before = await tables(schema)

      args.push('--to', '0')
      const alone = await eramjs(args)
      assert.deepEqual([alone.code, alone.out], [1, ''])
      assert.match(
        alone.err,
        /^This drops eram_profiles, eram_progress, eram_attempts, eram_metrics, eram_audit, eram_settings, .*eram_jobs, eram_migrations in schema "t_\w+" of .*, and every job with them\.$/m,
      )
      assert.match(
        alone.err,
        /^eramjs: rollback: expected --yes, because without a terminal the confirmation cannot be asked for; nothing was changed$/m,
      )

      const wrong = await typed(args, 'yes')
      assert.equal(wrong.code, 1)
      assert.match(wrong.err, /rollback: expected "t_\w+", got "yes"; nothing was changed/)
      assert.deepEqual(await tables(schema), before)

      const right = await typed(args, `${schema.prefix} `)
      assert.equal(right.asked, 'Type the name of the schema to continue: ')
      assert.deepEqual([right.code, right.out.split('\n')[0]], [0, `down  ${NAMES.at(-2)}`])
      assert.deepEqual(await tables(schema), [])
      assert.match((await eramjs(args)).out, /: was at version 0\n$/)
    }))

  test('goes all the way with --yes, and up again', () =>
    withSchema(async (schema) => {
      const { prefix } = schema
      const before = await tables(schema)
      const { code, out } = await eramjs(['rollback', '--prefix', prefix, '--to', '0', '--yes'])
      assert.equal(code, 0)
      assert.deepEqual(out.split('\n').slice(0, LATEST), NAMES.map((name) => `down  ${name}`).reverse())
      assert.match(out, /\nschema .*: now at version 0\n$/)
      assert.deepEqual(await tables(schema), [])
      assert.equal((await eramjs(['migrate', '--prefix', prefix])).code, 0)
      assert.deepEqual(await tables(schema), before)
    }))
})

describe('sql', () => {
  test('needs no database, and has the same effect as migrate', () =>
    empty(async (schema) => {
      const up = await eramjs(['sql', '--prefix', schema.prefix], {})
      assert.deepEqual([up.code, up.err], [0, ''])
      const { client, end } = await sql()
      await client.query(up.out)
      assert.equal((await eramjs(['status', '--prefix', schema.prefix])).code, 0)
      const down = await eramjs(['sql', '--prefix', schema.prefix, '--from', String(LATEST), '--to', '0'], {})
      await client.query(down.out)
      await end()
      assert.deepEqual(await tables(schema), [])
    }))

  test('goes from one version to another, also without a transaction around it', async () => {
    const part = await eramjs(['sql', '--from', '1', '--to', '2'], {})
    assert.match(part.out, /^BEGIN;\n\nSET LOCAL search_path = "public", pg_temp;\n/)
    assert.match(part.out, /CREATE FUNCTION eram_canonical\(/)
    assert.doesNotMatch(part.out, /CREATE TABLE/)
    assert.match(part.out, /\n\nCOMMIT;\n$/)
    const bare = await eramjs(['sql', '--from', '1', '--to', '2', '--bare', '--json'], {})
    assert.equal(`BEGIN;\n\n${JSON.parse(bare.out).sql}\n\nCOMMIT;\n`, part.out)
  })

  test('refuses versions that there are not', async () => {
    for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
      [['--to', '900'], /--to: expected a version that this eramjs knows, got 900/],
      [['--from', '900', '--to', '1'], /--from: expected a version that this eramjs knows, got 900/],
      [['--from', String(LATEST)], /sql: expected versions with migrations between them, got from \d+ to the newest/],
      [['--from', '1', '--to', '1'], /sql: expected versions with migrations between them, got from 1 to 1/],
    ])) {
      const { code, out, err } = await eramjs(['sql', ...args], {})
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, message)
    }
  })
})

describe('the database', () => {
  test('is that of --url, else of DATABASE_URL, else of the PG… variables', () =>
    withSchema(async ({ prefix }) => {
      const { hostname, port, username, password, pathname } = new URL(DATABASE_URL)
      const database = decodeURIComponent(pathname.slice(1))
      const PG = {
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: decodeURIComponent(username),
        ...(password && { PGPASSWORD: decodeURIComponent(password) }),
        PGDATABASE: database,
      }
      const nowhere = 'postgres://127.0.0.1:1/nowhere'
      for (const [args, env] of /** @type {[string[], Record<string, string>][]} */ ([
        [['--url', DATABASE_URL], { DATABASE_URL: nowhere }],
        [[], { DATABASE_URL, PGHOST: 'nowhere.invalid', PGPORT: '1' }],
        [[], { DATABASE_URL: '', ...PG }],
        [[], PG],
      ])) {
        const { code, out, err } = await eramjs(['status', '--prefix', prefix, ...args], env)
        assert.deepEqual([code, err], [0, ''])
        assert.match(out, /up to date/)
      }
    }))

  test('is asked for when nothing names it', async () => {
    const { code, err } = await eramjs(['status'], {})
    assert.equal(code, 2)
    assert.equal(
      err,
      'eramjs: ERAM_CONFIG: database: expected --url, DATABASE_URL, or PGHOST and the other PG… variables, got none of them; set one, or write it to .env\n',
    )
  })

  test('that cannot be reached or refuses the login is an error, without the password', async () => {
    const away = await eramjs(['status', '--url', 'postgres://me:secret@127.0.0.1:1/app'])
    assert.deepEqual([away.code, away.out], [2, ''])
    assert.match(away.err, /^eramjs: ERAM_UNAVAILABLE: database 127\.0\.0\.1:1: cannot be reached/)
    const stranger = new URL(DATABASE_URL)
    stranger.pathname = '/no_such_database'
    const json = await eramjs(['migrate', '--url', stranger.href, '--json'])
    assert.equal(json.code, 2)
    assert.equal(JSON.parse(json.out).error.code, 'ERAM_DATABASE')
    assert.doesNotMatch(away.err + json.out + json.err, /secret/)
  })
})

describe('the command line', () => {
  test('help is made of the tables, for all and for each', async () => {
    const { code, out } = await typed(['--help'])
    assert.equal(code, 0)
    for (const [name, { summary, options }] of Object.entries(commands)) {
      assert.ok(out.includes(`  ${name}`) && out.includes(summary))
      const help = await typed([name, '--help'])
      assert.equal(help.code, 0)
      assert.deepEqual(await typed(['help', name]), help)
      for (const option of [...Object.keys(options), 'json', 'help']) assert.match(help.out, new RegExp(`--${option}\\b`))
      assert.match(help.out, /Exit codes:\n {2}0 {2}done/)
    }
    assert.deepEqual(await typed([]), await typed(['-h']))
  })

  test('an invalid command gets a suggestion', async () => {
    for (const [args, message] of /** @type {[string[], string][]} */ ([
      [['migrat'], 'expected a command (migrate, rollback, status, sql, environment), got "migrat"; see npx eramjs --help'],
      [['toString'], 'expected a command (migrate, rollback, status, sql, environment), got "toString"; see npx eramjs --help'],
      [['status', '--prefx', 'x'], 'expected one of --url, --prefix, --config, --import, --env-file, --json, --help, got --prefx'],
      [['status', 'x'], 'expected only options after the command, got "x"'],
      [['migrate', '--to'], '--to: expected a value, got none'],
      [['migrate', '--to', '-1'], '--to: expected a value, got none'],
      [['migrate', '--to', 'new'], '--to: expected a whole number of 0 or more, got "new"'],
      [['status', '--json=yes'], '--json: expected no value, got one'],
    ])) {
      const { code, err } = await typed(args)
      assert.deepEqual([code, err], [2, `eramjs: ${message}`])
    }
  })

  test('is refused by the engine’s own rules', async () => {
    for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
      [['migrate', '--to', '99'], /^eramjs: ERAM_CONFIG: to: expected a version from 0 to \d+, got 99$/],
      [['status', '--prefix', 'no good'], /^eramjs: ERAM_CONFIG: prefix: expected a schema of up to 40 letters/],
      [['status', '--url', 'mysql://x'], /^eramjs: ERAM_CONFIG: url: expected "postgres:\/\//],
    ])) {
      const { code, err } = await typed(args)
      assert.equal(code, 2)
      assert.match(err, message)
    }
  })
})
