// A new job as it is written by hand: what is sent, what is refused, and what a copy has of its original. Times in both zones.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { source } from './source.js'

describe('a new job', () => {
  test('is sent with the options that were written, and no others', async () => {
    const { bodyOf, EMPTY, problems } = await source('pages/new-job/draft.ts')
    const sent = (/** @type {object} */ changes) => JSON.parse(bodyOf({ ...EMPTY, worker: 'Mail', ...changes }, 'utc'))
    assert.deepEqual(problems({ ...EMPTY, worker: 'Mail' }, 'utc'), {})
    assert.deepEqual(sent({}), { worker: 'Mail', queue: 'default', args: {} })
    const whole = { queue: ' mail ', args: '{"a": 1}', priority: '3', tags: 'x, y,', timeout: '30 s', unique: true }
    assert.deepEqual(sent({ ...whole, when: 'in', schedule_in: '5 minutes' }), {
      worker: 'Mail',
      queue: 'mail',
      args: { a: 1 },
      priority: 3,
      tags: ['x', 'y'],
      timeout: '30 s',
      unique: true,
      schedule_in: '5 minutes',
    })
    assert.equal(sent({ when: 'at', scheduled_at: '2030-01-31T09:00' }).scheduled_at, '2030-01-31T09:00:00.000Z')
    assert.equal(sent({ when: 'hold' }).state, 'suspended')
  })

  test('is not sent with what cannot be read, with a redacted value, or without a class', async () => {
    const { EMPTY, problems } = await source('pages/new-job/draft.ts')
    const bad = { args: '[1]', priority: 'x', max_attempts: '', meta: '{', timeout: 'soon', when: 'at', scheduled_at: 'never' }
    assert.deepEqual(problems({ ...EMPTY, worker: ' ', ...bad }, 'local'), {
      worker: 'missing',
      args: 'json',
      priority: 'value',
      max_attempts: 'value',
      meta: 'json',
      timeout: 'value',
      scheduled_at: 'value',
    })
    assert.deepEqual(problems({ ...EMPTY, worker: 'Mail', args: '{"card": {"number": "[redacted]"}}' }, 'utc'), { args: 'redacted' })
  })

  test('that is a copy has the args and options of its original, and not its history', async () => {
    const { bodyOf, copyOf } = await source('pages/new-job/draft.ts')
    const job = {
      id: 42,
      worker: 'Mail',
      queue: 'mail',
      priority: 2,
      max_attempts: 3,
      tags: ['vip'],
      timeout: 1500,
      scheduled_at: '2026-11-30T10:00:00Z',
      args: { user_id: 1 },
      meta: { tenant: 'acme', rescued: 1, cron_name: 'nightly', profile_attempt: 1, cloned_from: 7 },
    }
    assert.deepEqual(JSON.parse(bodyOf(copyOf(job), 'utc')), {
      worker: 'Mail',
      queue: 'mail',
      args: { user_id: 1 },
      priority: 2,
      max_attempts: 3,
      tags: ['vip'],
      meta: { tenant: 'acme', cloned_from: 42 },
      timeout: '1500 ms',
    })
  })
})

test('a time for an input is that of the zone, and means the same instant again', async () => {
  const { inputTime, isoOfInput } = await source('format.ts')
  const at = '2026-07-01T10:00:05.000Z'
  assert.equal(inputTime(at, 'utc'), '2026-07-01T10:00:05')
  for (const zone of ['utc', 'local']) assert.equal(isoOfInput(inputTime(at, zone), zone), at)
  const offset = new Date(at).getTimezoneOffset()
  assert.equal(inputTime(at, 'local'), new Date(Date.parse(at) - offset * 60_000).toISOString().slice(0, 19))
  assert.throws(() => isoOfInput('never', 'local'), RangeError)
})
