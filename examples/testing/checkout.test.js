// What the shop enqueues, without a database.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { fake } from 'eramjs/testing'
import { ChargeJob, ReceiptJob } from './jobs.js'
import { placeOrder } from './orders.js'

const client = { query: async () => {} }

/** @type {ReturnType<typeof fake>} */
let jobs
beforeEach(() => {
  jobs = fake()
})
afterEach(() => jobs.restore())

test('an order is charged, in its own transaction', async () => {
  await placeOrder(client, { id: 7, cents: 500, card: 'good' })
  await jobs.assertEnqueued(ChargeJob, { order: 7, cents: 500 }, { tx: client })
})

test('an order that is refused is not charged', async () => {
  await assert.rejects(placeOrder(client, { id: 7, cents: 0, card: 'good' }))
  await jobs.refuteEnqueued(ChargeJob)
})

test('an order that is charged gets its receipt', async () => {
  await placeOrder(client, { id: 7, cents: 500, card: 'good' })
  const { success } = await jobs.perform({ tx: client })
  assert.equal(success, 2)
  await jobs.assertEnqueued({ worker: ReceiptJob, state: 'completed' })
})
