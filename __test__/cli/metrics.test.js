// eramjs metrics: what the cluster has done, from rows as nodes write them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as metrics from '../../cli/commands/metrics.js'
import { main } from '../../cli/main.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** @param {Schema} schema @param {string[]} args */
async function eramjs({ url, prefix }, ...args) {
  let out = ''
  const print = (/** @type {string} */ text) => {
    out += `${text}\n`
  }
  const io = { print, warn: print, clear: () => {}, interactive: false, ask: async () => '', lines: async function* () {}, env: {} }
  const code = await main({ metrics }, ['metrics', '--url', url, '--prefix', prefix, ...args], io)
  return { code, out }
}

/** Two queues, with four successes, two discards and a run of 40 ms each. @param {Schema} schema */
const write = ({ rows }) =>
  rows(
    `INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     VALUES (10, date_trunc('minute', now()) - interval '2 minutes', 'default', 'one', gen_random_uuid(), $1)`,
    [
      JSON.stringify({
        v: 1,
        s: ['mail', 'push'].map((queue) => [queue, `${queue}Job`, [4, 0, 2, 0, 0, 0, 0, 0, 9], '1 uv4 uv4 9z 1', '', '']),
      }),
    ],
  )

describe('eramjs metrics', () => {
  test('has a line for each queue, or what it is grouped by', () =>
    withSchema(async (schema) => {
      await write(schema)
      const { code, out } = await eramjs(schema)
      assert.equal(code, 0)
      assert.deepEqual(
        out.split('\n').map((line) => line.split(/ {2,}/)),
        [
          ['queue', 'executed', 'failed', 'enqueued', 'run p50', 'run p95', 'wait p95', 'backlog'],
          ['mail', '6', '2', '9', '40 ms', '40 ms', '-', '0'],
          ['push', '6', '2', '9', '40 ms', '40 ms', '-', '0'],
          [''],
        ],
      )
      const by = await eramjs(schema, '--group', 'worker', '--queue', 'push')
      const states = await eramjs(schema, '--group', 'state')
      assert.match(states.out, /^state {4}executed {2}failed {2}run p50 .*\n/)
      assert.match(by.out, /^worker {3,}executed .*\npushJob {2}6 [^\n]*\n$/)
    }))

  test('with a metric has a line for each point, and a column for each series', () =>
    withSchema(async (schema) => {
      await write(schema)
      const { out } = await eramjs(schema, '--metric', 'executed', '--group', 'queue', '--window', '10m')
      const [head, ...lines] = out.trimEnd().split('\n')
      assert.match(head ?? '', /^time {17}mail {2}push$/)
      assert.equal(lines.length, 60)
      assert.equal(lines.filter((line) => /:00 {2}6 {5}6$/.test(line)).length, 1)
    }))

  test('prints JSON, and says when there is nothing', () =>
    withSchema(async (schema) => {
      assert.equal((await eramjs(schema)).out, 'nothing was measured\n')
      assert.equal((await eramjs(schema, '--metric', 'run')).out, 'nothing was measured\n')
      await write(schema)
      const all = JSON.parse((await eramjs(schema, '--json')).out)
      assert.deepEqual(Object.keys(all), ['executed', 'failed', 'enqueued', 'run p50', 'run p95', 'wait p95', 'backlog'])
      const { step, series } = JSON.parse((await eramjs(schema, '--json', '--metric', 'failed')).out)
      assert.deepEqual([step, series[0].key, series[0].total], [10, 'failed', 4])
    }))

  test('refuses what history refuses', () =>
    withSchema(async (schema) => {
      const { code, out } = await eramjs(schema, '--metric', 'failed', '--agg', 'p95')
      assert.equal(code, 2)
      assert.match(out, /history\.agg: expected "sum" or "rate" for a count, got "p95"/)
    }))
})
