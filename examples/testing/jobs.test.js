// Each job by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { performJob } from 'eramjs/testing'
import { ChargeJob, ReceiptJob } from './jobs.js'

const order = { order: 1, cents: 500, card: 'good' }

test('a charge leads to a receipt', async () => {
  const { result, enqueued } = await performJob(ChargeJob, order)
  assert.deepEqual(result, { payment: 'payment of 500 cents' })
  assert.deepEqual(
    enqueued.map(({ worker, args }) => [worker, args.order]),
    [['ReceiptJob', 1]],
  )
})

test('a declined card is not charged again', async () => {
  const { state, reason, enqueued } = await performJob(ChargeJob, { ...order, card: 'stolen' })
  assert.deepEqual([state, reason, enqueued.length], ['discarded', 'card was declined', 0])
})

test('a bank that does not answer is asked again, a minute later each time', async () => {
  const delays = []
  for (const attempt of [1, 2, 3, 4]) {
    const { delay } = await performJob(ChargeJob, { ...order, card: 'slow' }, { attempt, throws: false })
    delays.push(delay)
  }
  assert.deepEqual(delays, [60, 120, 180, null])
})

test('a receipt is written in the transaction of its job', async () => {
  /** @type {unknown[][]} */
  const statements = []
  const tx = { query: async (/** @type {unknown[]} */ ...statement) => statements.push(statement) }
  await performJob(ReceiptJob, { order: 1, payment: 'p' }, { tx })
  assert.deepEqual(
    statements.map(([, values]) => values),
    [[1, 'p']],
  )
})
