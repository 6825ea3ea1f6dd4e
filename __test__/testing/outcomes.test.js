// What the testing kit makes of an outcome in JavaScript is what the engine makes of it: both read fixtures/outcomes.json.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { native, registry } from '../../lib/addon/index.js'
import { meaningOf } from '../../lib/testing/memory/outcome.js'

/** @type {any[]} */
const ROWS = JSON.parse(readFileSync(new URL('../support/fixtures/outcomes.json', import.meta.url), 'utf8'))

test('an outcome means in JavaScript what the table says', () => {
  for (const { outcome, attempt, max_attempts, backoff, state, delay, event } of ROWS) {
    assert.deepEqual(meaningOf({ attempt, max_attempts, backoff }, outcome), { state, delay, event }, JSON.stringify(outcome))
  }
})

test('the engine agrees on random failures, but for the part that spreads retries', () => {
  const pick = (/** @type {any[]} */ list) => list[Math.floor(Math.random() * list.length)]
  for (let i = 0; i < 500; i++) {
    const max_attempts = 1 + Math.floor(Math.random() * 200)
    const attempt = 1 + Math.floor(Math.random() * max_attempts)
    const backoff = pick([null, 'oban', 'exp', 'none', { base: Math.random() * 100, factor: 1 + Math.random() * 5, max: 5000, jitter: 0 }])
    const detail = { run: 1, outcome: 'failed', error: { name: 'Error', message: 'm' }, delay: pick([null, null, Math.random() * 1000]) }
    const job = {
      id: i,
      worker: 'None',
      queue: 'default',
      attempt,
      max_attempts,
      crashes: 0,
      claimed_at: i,
      attempted_by: ['', ''],
      backoff,
    }
    const engine = JSON.parse(native().judge(registry(), JSON.stringify(job), JSON.stringify(detail)))
    const own = meaningOf({ attempt, max_attempts, backoff }, detail)
    const case_ = JSON.stringify({ job, detail, engine, own })
    assert.deepEqual([own.state, own.event, own.delay === null], [engine.state, engine.event, engine.delay === null], case_)
    if (own.delay === null) continue
    const spread = detail.delay === null && (backoff === null || backoff === 'oban') ? 1.1 : 1
    assert.ok(engine.delay >= own.delay * (1 - 1e-9) && engine.delay <= own.delay * spread * (1 + 1e-9), case_)
  }
})
