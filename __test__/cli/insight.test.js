// eramjs attention, jobs why, jobs failures and crons show: what they print, and their exit codes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { eramjs } from '../support/cli.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** @param {Schema} schema @param {string[]} args */
const run = ({ prefix }, ...args) => eramjs([...args, '--prefix', prefix])

test('attention exits with 1 if something is critical', () =>
  withSchema(async (schema) => {
    const calm = await run(schema, 'attention')
    assert.equal(calm.code, 0)
    assert.match(calm.out, /^\d{4}-.*Z {2}Nothing needs attention\.\n$/)
    await schema.rows(`INSERT INTO eram_jobs (worker, queue, scheduled_at) VALUES ('A', 'lonely', now() - interval '3 hours')`)
    const critical = await run(schema, 'attention')
    assert.equal(critical.code, 1)
    assert.match(
      critical.out,
      /1 thing needs attention\.\nseverity {2}rule +what\ncritical {2}queue_unserved {2}Queue lonely: 1 job waits, the oldest for 3 h/,
    )
    const { code, out } = await run(schema, 'attention', '--json')
    const found = JSON.parse(out)
    assert.deepEqual([code, found.items.length, found.items[0].rule], [1, 1, 'queue_unserved'])
    await schema.rows('DELETE FROM eram_jobs')
    await schema.rows(`INSERT INTO eram_queues (queue, paused, paused_at) VALUES ('media', true, now() - interval '2 hours')`)
    const warned = await run(schema, 'attention')
    assert.deepEqual([warned.code, /warning {3}queue_paused/.test(warned.out)], [0, true], warned.out)
  }))

test('jobs why prints the sentence, the checks and the last error', () =>
  withSchema(async (schema) => {
    await schema.rows(
      `INSERT INTO eram_jobs (id, worker, state, attempt, discarded_at, errors) VALUES
       (7, 'A', 'discarded', 20, now(), ARRAY['{"name": "SmtpError", "message": "421"}'::jsonb]), (8, 'A', 'available', 0, NULL, '{}')`,
    )
    const ended = await run(schema, 'jobs', 'why', '7')
    assert.equal(ended.code, 0)
    assert.match(ended.out, /^job 7 \(discarded\): It was discarded after 20 of 20 attempts, .* Its last error: SmtpError\.\n/)
    assert.match(ended.out, /\nlast error: SmtpError: 421\n$/)
    const waits = await run(schema, 'jobs', 'why', '8')
    assert.match(waits.out, /^job 8 \(available\): No node serves queue default\.\n/)
    assert.match(waits.out, /\nok {2}due {5}It has been due for .*\nno {2}served {2}No node serves queue default\.\n/)
    const json = JSON.parse((await run(schema, 'jobs', 'why', '8', '--json')).out)
    assert.deepEqual([json.id, json.code, json.checks[1].ok], [8, 'served', false])
    const none = await run(schema, 'jobs', 'why', '9')
    assert.deepEqual([none.code, /expected the id of a job, got 9/.test(none.err)], [1, true])
  }))

test('jobs failures prints a line for each group', () =>
  withSchema(async (schema) => {
    assert.equal((await run(schema, 'jobs', 'failures')).out, 'no failures\n')
    await schema.rows(
      `INSERT INTO eram_jobs (id, worker, state, attempt, errors)
       SELECT n, 'Mail', 'retryable', 1, ARRAY[jsonb_build_object('message', format('no answer within %s s', n))] FROM generate_series(1, 3) AS n;
       INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, error)
       SELECT n, 1, 1, 'failure', now(), now(), jsonb_build_object('message', format('no answer within %s s', n)) FROM generate_series(1, 3) AS n`,
    )
    const { code, out } = await run(schema, 'jobs', 'failures', '--window', '1h', '--worker', 'Mail')
    assert.equal(code, 0)
    assert.match(out, /^fingerprint +jobs {2}worker {2}last +error\n[0-9a-f]{16} {2}3 +Mail +\S+Z {2}no answer within 3 s\n3 jobs\n$/)
    const { groups } = JSON.parse((await run(schema, 'jobs', 'failures', '--json', '--limit', '1')).out)
    const found = JSON.parse((await run(schema, 'jobs', 'search', `fingerprint:${groups[0].fingerprint}`, '--json')).out)
    assert.equal(groups[0].jobs, found.jobs.length)
  }))

test('crons show prints the next ticks and the newest jobs', () =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, logger: false })
    try {
      await engine.cron.insert({ name: 'nightly', schedule: '0 3 * * *', job: 'Report', timezone: 'UTC' })
      assert.match((await run(schema, 'crons', 'show', 'nightly')).out, /\nno jobs yet\n$/)
      const { id } = await engine.cron.run('nightly')
      const { code, out } = await run(schema, 'crons', 'show', 'nightly')
      assert.equal(code, 0)
      const [head, next, , line] = out.split('\n')
      assert.equal(head, 'nightly: Report, 0 3 * * * (UTC), active')
      assert.equal(next?.match(/T03:00:00\.000Z/g)?.length, 5, next)
      assert.match(line ?? '', new RegExp(`^${id} +by hand {2}available {2}0 +-$`))
    } finally {
      await engine.stop()
    }
    const none = await run(schema, 'crons', 'show', 'weekly', '--json')
    assert.deepEqual([none.code, JSON.parse(none.out).error.code], [1, 'ERAM_NOT_FOUND'])
  }))
