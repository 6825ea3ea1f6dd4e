// eramjs jobs … and crons …: what they print, what they change, and what they refuse.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { eramjs } from '../support/cli.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** Runs a command on the schema, and reads its JSON. @param {Schema} schema @param {string[]} args @param {string} [input] */
async function json({ prefix }, args, input) {
  const { code, out, err } = await eramjs([...args, '--prefix', prefix, '--json'], { input })
  assert.equal(err, '')
  return { code, ...JSON.parse(out) }
}

/** @param {Schema} schema @param {string[]} args */
const enqueue = async (schema, ...args) => (await json(schema, ['jobs', 'enqueue', ...args])).job.id

/** @param {Schema} schema */
const states = async ({ rows }) => (await rows('SELECT state FROM eram_jobs ORDER BY id')).map(({ state }) => state)

describe('jobs', () => {
  test('enqueue takes the options of the command line', () =>
    withSchema(async (schema) => {
      const id = await enqueue(schema, 'Mail', '{"to":"a"}', '--queue', 'mail', '--priority', '3', '--tag', 'x', '--tag', 'y')
      const { queue, priority, tags, args, worker } = await schema.row('SELECT * FROM eram_jobs WHERE id = $1', [id])
      assert.deepEqual(
        { queue, priority, tags, args, worker },
        { queue: 'mail', priority: 3, tags: ['x', 'y'], args: { to: 'a' }, worker: 'Mail' },
      )
    }))

  test('enqueue makes a job of each line of standard input', () =>
    withSchema(async (schema) => {
      const lines = Array.from({ length: 2500 }, (_, i) => JSON.stringify({ i })).join('\n')
      assert.deepEqual(await json(schema, ['jobs', 'enqueue', 'Bulk', '-'], lines), { code: 0, enqueued: 2500 })
      const { count, sum } = await schema.row(`SELECT count(*)::int, sum((args->>'i')::int)::int FROM eram_jobs`)
      assert.deepEqual([count, sum], [2500, (2499 * 2500) / 2])
      const wrong = await json(schema, ['jobs', 'enqueue', 'Bulk', '-'], '{"i":1}\n[2]\n')
      assert.deepEqual([wrong.code, wrong.error.message], [2, 'line 2 of standard input: expected an object in JSON, got "[2]"'])
    }))

  test('list filters, and pages', () =>
    withSchema(async (schema) => {
      const a = await enqueue(schema, 'A', '{"n":1}', '--queue', 'one')
      const b = await enqueue(schema, 'B', '{"n":2}', '--queue', 'two', '--tag', 't')
      const c = await enqueue(schema, 'B', '{"n":3}', '--queue', 'two', '--suspended')
      const ids = async (/** @type {string[]} */ ...args) =>
        (await json(schema, ['jobs', 'list', ...args])).jobs.map((/** @type {{ id: number }} */ job) => job.id)
      assert.deepEqual(await ids(), [c, b, a])
      assert.deepEqual(await ids('--queue', 'two'), [c, b])
      assert.deepEqual(await ids('--queue', 'two', '--queue', 'one', '--state', 'available'), [b, a])
      assert.deepEqual(await ids('--worker', 'B', '--tag', 't'), [b])
      assert.deepEqual(await ids('--args', '{"n":3}'), [c])
      assert.deepEqual(await ids('--since', '1h'), [c, b, a])
      assert.deepEqual(await ids('--until', '1h'), [])
      const page = await json(schema, ['jobs', 'list', '--limit', '2'])
      assert.equal(page.next, b)
      const last = await json(schema, ['jobs', 'list', '--limit', '2', '--before', String(page.next)])
      assert.deepEqual([last.jobs.length, last.next], [1, null])
      const { out } = await eramjs(['jobs', 'list', '--prefix', schema.prefix, '--columns', 'id,args', '--worker', 'A'])
      assert.equal(out.replaceAll(/ +/g, ' '), `id args\n${a} {"n":1}\n`)
    }))

  test('show says why a job waits', () =>
    withSchema(async (schema) => {
      const why = async (/** @type {number} */ id) => (await json(schema, ['jobs', 'show', String(id), '--attempts'])).why
      const suspended = await enqueue(schema, 'A', '{}', '--suspended')
      assert.equal(await why(suspended), 'It is suspended until it is retried or updated.')
      const later = await enqueue(schema, 'A', '{}', '--scheduled-at', '2100-01-01T00:00:00Z')
      assert.match(await why(later), /^It is scheduled, and due in \d+ days\.$/)
      const unserved = await enqueue(schema, 'A', '{}')
      assert.equal(await why(unserved), 'No node serves queue default.')
      const engine = await EramEngine.start({
        url: schema.url,
        prefix: schema.prefix,
        queues: { default: { limit: 1, paused: true } },
        logger: false,
      })
      try {
        assert.equal(await why(unserved), 'Queue default is paused.')
      } finally {
        await engine.stop()
      }
      const none = await json(schema, ['jobs', 'show', '999999'])
      assert.deepEqual([none.code, none.error.code], [1, 'ERAM_NOT_FOUND'])
    }))

  test('cancel, retry and delete take ids', () =>
    withSchema(async (schema) => {
      const a = String(await enqueue(schema, 'A'))
      const b = String(await enqueue(schema, 'B'))
      assert.equal((await json(schema, ['jobs', 'cancel', a, b, '--reason', 'none'])).jobs.length, 2)
      assert.deepEqual(await states(schema), ['cancelled', 'cancelled'])
      assert.equal((await json(schema, ['jobs', 'retry', a])).code, 0)
      assert.deepEqual(await states(schema), ['available', 'cancelled'])
      // It is available: there is nothing to retry.
      assert.equal((await json(schema, ['jobs', 'retry', a])).code, 1)
      assert.equal((await json(schema, ['jobs', 'delete', a, b])).code, 0)
      assert.deepEqual(await states(schema), [])
    }))

  test('a filter needs a confirmation, and never means all jobs', () =>
    withSchema(async (schema) => {
      for (const queue of ['one', 'one', 'two']) await enqueue(schema, 'A', '{}', '--queue', queue)
      const asked = await json(schema, ['jobs', 'delete', '--queue', 'one'])
      assert.deepEqual([asked.code, asked.error.code], [1, 'NOT_CONFIRMED'])
      assert.match(asked.error.message, /^2 jobs match; expected --yes/)
      assert.deepEqual(await json(schema, ['jobs', 'delete', '--queue', 'one', '--dry-run']), { code: 0, matching: 2, at_least: false })
      assert.equal((await states(schema)).length, 3)
      assert.equal((await json(schema, ['jobs', 'delete', '--queue', 'one', '--yes'])).jobs.length, 2)
      for (const args of [['--yes'], ['1', '--queue', 'two']]) {
        const { code, error } = await json(schema, ['jobs', 'delete', ...args])
        assert.deepEqual([code, error.code], [2, 'ERAM_CONFIG'])
      }
      assert.equal((await states(schema)).length, 1)
    }))

  test('wrong input names the option', () =>
    withSchema(async (schema) => {
      await enqueue(schema, 'A')
      for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
        [['jobs'], /^$/],
        [
          ['jobs', 'lst'],
          /jobs: expected a command \(list, search, failures, show, why, wait, enqueue, profile, retry, cancel, delete\), got "lst"; see npx eramjs jobs --help/,
        ],
        [['jobs', 'show', 'x'], /id: expected the id of a job, got "x"/],
        [['jobs', 'show'], /expected one id, got none/],
        [['jobs', 'list', '--args', '[]'], /--args: expected an object in JSON, got "\[\]"/],
        [['jobs', 'list', '--since', 'soon'], /--since: expected a time such as 2030-01-31T09:00:00Z, or 2h, got "soon"/],
        [['jobs', 'list', '--columns', 'id,nothing'], /--columns: expected some of id, .*, got "nothing"/],
        [['jobs', 'list', '--state', 'lost'], /state/],
        [['jobs', 'enqueue', 'A', '{'], /args: expected an object in JSON, got "\{"/],
        [['crons', 'next', 'nothing'], /crons next: expected the name of an entry, or an expression, got "nothing"/],
      ])) {
        const { code, err } = await eramjs(args.length > 1 && args[1] !== 'lst' ? [...args, '--prefix', schema.prefix] : args)
        assert.equal(code, args.length === 1 ? 0 : 2, err)
        assert.match(err, message)
      }
    }))
})

test('crons are listed, paused, resumed and run', () =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, logger: false })
    try {
      await engine.cron.insert({ name: 'nightly', schedule: '0 3 * * *', job: 'Report', timezone: 'UTC' })
    } finally {
      await engine.stop()
    }
    const [entry] = (await json(schema, ['crons', 'list'])).crons
    assert.deepEqual([entry.name, entry.expression, entry.paused], ['nightly', '0 3 * * *', false])
    assert.equal((await json(schema, ['crons', 'pause', 'nightly'])).cron.paused, true)
    assert.equal((await json(schema, ['crons', 'resume', 'nightly'])).cron.paused, false)
    const { times } = await json(schema, ['crons', 'next', 'nightly', '--count', '2'])
    assert.deepEqual([times.length, times[0].slice(11)], [2, '03:00:00.000Z'])
    assert.equal((await json(schema, ['crons', 'next', '*/5 * * * *', '--timezone', 'UTC'])).times.length, 5)
    const { job } = await json(schema, ['crons', 'run', 'nightly'])
    assert.deepEqual(await schema.row('SELECT id::int, worker FROM eram_jobs'), { id: job.id, worker: 'Report' })
    const wrong = await json(schema, ['crons', 'run', 'no such'])
    assert.deepEqual([wrong.code, wrong.error.code], [2, 'ERAM_NOT_FOUND'])
  }))
