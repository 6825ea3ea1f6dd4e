// Texts echo little of what came, and no secret: the cases that Rust and JavaScript share, and everything that reads a value.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { EramEngine, EramError, EramJob } from '../../index.js'
import { masked, message, withoutSecrets } from '../../lib/shared/text.js'

const cases = JSON.parse(readFileSync(new URL('../support/fixtures/secrets.json', import.meta.url), 'utf8'))
const CLI = new URL('../../cli/index.js', import.meta.url).pathname
const SECRET = 'S3cret'
const LONG = 'x'.repeat(10_000)

/** Connection strings as people write them, right and wrong. */
const ADDRESSES = [
  'postgres://u:S3cret@h/x',
  'postgres://u:S3cret:5432/x',
  'postgres://u:S3cret@h:port/x',
  'postgres://u:S3cret/x@h/x',
  'postgres://u:S3cret cret@h/x',
  'postgres://u:S3cret%@h/x',
  'postgres://u:S3cret@[h/x',
  '"postgres://u:S3cret@h/x"',
  'psql postgres://u:S3cret@h/x',
  'mysql://u:S3cret@h/x',
  'postgres:/u:S3cret@h/x',
  'u:S3cret@h/x',
  'postgres://h/x?user=u&password=S3cret&nope=1',
  'postgres://h/x?sslmode=S&sslpassword=S3cret',
  'postgres://h/x?pass%77ord=S3cret&port=z',
  "host=h port=z password='S3cret cret'",
  'host=h password=S3cret S3cret',
  "host=h password='S3cret",
  'host=h nope=1 password=S3cret',
]

/** All that can be read of an error. @param {any} error */
function everything(error) {
  return [error.message, error.stack, inspect(error, { depth: 9 }), JSON.stringify(error), String(error)].join('\n')
}

/** @param {() => unknown} call */
async function errorOf(call) {
  try {
    await call()
  } catch (error) {
    return error
  }
  return assert.fail('expected an error')
}

describe('a secret', () => {
  test('is masked in whatever may hold one, once and again', () => {
    for (const [text, expected] of cases) {
      assert.equal(masked(text), expected)
      assert.equal(masked(expected), expected)
    }
  })

  test('is in no error of a connection string, wherever it is given', async () => {
    for (const address of ADDRESSES) {
      const given = [
        { url: address, listen_url: 1 },
        { url: 'postgres://127.0.0.1:1/x', listen_url: address },
        { url: { connectionString: address } },
        { url: [address] },
        { driver: address },
        { driver: { url: { url: address } } },
        { driver: { [address]: 1 } },
        { driver: { type: address } },
        { driver: { type: 'pg', config: address } },
        { driver: { type: 'pg', config: { connectionString: { address } } } },
        { driver: { type: 'pg', config: { connectionString: address, ssl: address } } },
        { driver: { type: 'pg', config: { host: 'h', password: { SECRET } } } },
        { driver: { type: 'knex', config: { client: address } } },
        { driver: { type: 'custom', filename: address } },
        { driver: { type: 'pg', filename: address } },
        { name: address, url: 1 },
        { queues: address, url: address },
        { queues: { default: { limit: address } } },
        { prefix: address },
        { version: { address } },
        { [address]: 1 },
      ]
      for (const options of given) {
        const error = await errorOf(() => EramEngine.start({ logger: false, .../** @type {any} */ (options) }))
        assert.ok(error instanceof EramError, everything(error))
        const text = everything(error)
        assert.ok(!text.includes(SECRET), `${inspect(options)}: ${text}`)
      }
    }
  })

  test('is in no text of the command line', () => {
    for (const address of ADDRESSES.slice(0, 3)) {
      for (const args of [
        [address],
        ['status', address],
        ['jobs', address],
        ['status', '--url', address],
        ['status', `--nope=${address}`],
        ['jobs', 'list', '--limit', address],
        ['health', '--url', address],
        ['pause', address, address],
      ]) {
        const env = { ...process.env, DATABASE_URL: 'postgres://127.0.0.1:1/x' }
        const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env })
        assert.notEqual(status, 0, args.join(' '))
        assert.ok(!`${stdout}${stderr}`.includes(SECRET), `${args.join(' ')}: ${stdout}${stderr}`)
      }
    }
  })

  test('is in no cause of an error either', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'eram-secrets-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const files = {
      'driver.mjs': `export function driver() { const error = new TypeError('no postgres://u:${SECRET}@h/x'); error.input = 'password=${SECRET}'; throw new Error('wrapped', { cause: error }) }`,
      'file.mjs': `throw new Error('no postgres://u:${SECRET}@h/x')`,
    }
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(path.join(folder, file), text)
      const error = await errorOf(() => EramEngine.start({ driver: { type: 'custom', filename: `${folder}/${file}` }, logger: false }))
      assert.equal(/** @type {any} */ (error).code, 'ERAM_DRIVER')
      assert.ok(!everything(error).includes(SECRET), everything(error))
    }
    const harmless = new Error('harmless', { cause: new Error('inside') })
    assert.equal(withoutSecrets(harmless), harmless)
  })
})

describe('a long value', () => {
  test('is echoed by no error with more than 200 characters', async () => {
    class LongValueJob extends EramJob {
      static {
        this.register({ filename: null })
      }
      async perform() {}
    }
    const start = (/** @type {any} */ options) => () => EramEngine.start({ url: 'postgres://127.0.0.1:1/x', logger: false, ...options })
    const enqueue = (/** @type {any} */ options) => () => LongValueJob.enqueue({}, options)
    const calls = [
      ...[
        'url',
        'listen_url',
        'prefix',
        'node',
        'name',
        'queues',
        'cron',
        'prune',
        'grace',
        'isolation',
        'version',
        'environment',
        'plugins',
        'logger',
        'setup',
        'driver',
        LONG,
      ].map((key) => start({ [key]: LONG })),
      start({ queues: { default: { [LONG]: 1 } } }),
      start({ queues: { [LONG]: 0 } }),
      start({ queues: { default: { isolation: LONG, limit: 1 } } }),
      start({ cron: [{ name: LONG, expression: LONG, worker: LONG }] }),
      start({ driver: { type: LONG } }),
      start({ driver: { type: 'pg', config: { connectionString: `postgres://h/x?sslmode=${LONG}` } } }),
      start({ driver: { type: 'pg', config: { connectionString: `postgres://h/x?${LONG}=1` } } }),
      start({ driver: { type: 'custom', filename: `/${LONG}` } }),
      start({ driver: { type: 'pg', config: { connectionString: 'postgres://h/x' }, export: LONG } }),
      ...['queue', 'priority', 'max_attempts', 'tags', 'schedule_in', 'scheduled_at', 'unique', 'engine', 'tx', 'meta', 'state', LONG].map(
        (key) => enqueue({ [key]: LONG }),
      ),
      enqueue({ unique: { keys: [LONG], fields: [LONG] } }),
      enqueue({ engine: LONG }),
      () => EramEngine.get(LONG),
      () => LongValueJob.enqueue(/** @type {any} */ (LONG)),
    ]
    for (const call of calls) {
      const error = await errorOf(call)
      const text = everything(error)
      assert.ok(error instanceof EramError, text.slice(0, 2000))
      assert.ok(!text.includes('x'.repeat(201)), text.slice(0, 500))
    }
    assert.equal(message(`got "${LONG}"`).length, 205)
  })
})
