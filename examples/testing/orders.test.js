// The shop with its database. Each test works in a transaction that is rolled back, or in the schema of the test engine.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { allEnqueued, assertEnqueued, drain, refuteEnqueued, useTestEngine, waitFor } from 'eramjs/testing'
import pg from 'pg'
import { ChargeJob, ReceiptJob, SalesReportJob } from './jobs.js'
import { placeOrder } from './orders.js'

const t = useTestEngine({
  logger: false,
  cron: [['0 6 * * *', SalesReportJob, { shop: 'corner' }, { timezone: 'Europe/Berlin' }]],
})

const client = new pg.Client(process.env.DATABASE_URL)
before(async () => {
  await client.connect()
  await client.query(
    'CREATE TEMPORARY TABLE orders (id int PRIMARY KEY, cents int); CREATE TEMPORARY TABLE receipts (id int, payment text)',
  )
})
after(() => client.end())

beforeEach(() => client.query('BEGIN'))
afterEach(() => client.query('ROLLBACK'))

const order = { id: 1, cents: 500, card: 'good' }
const receipts = async () => (await client.query('SELECT * FROM receipts')).rows

test('an order, its charge and its receipt, in a transaction that is rolled back', async () => {
  await placeOrder(client, order)
  await assertEnqueued(ChargeJob, { order: 1 }, { tx: client })
  await refuteEnqueued(ChargeJob)
  const { success } = await drain({ tx: client, throws: true })
  assert.equal(success, 2)
  assert.deepEqual(await receipts(), [{ id: 1, payment: 'payment of 500 cents' }])
})

test('an order is charged once', async () => {
  await placeOrder(client, order)
  const again = await ChargeJob.enqueue({ order: 1, cents: 500, card: 'other' }, { tx: client })
  assert.equal(again.conflict, true)
  await assertEnqueued({ worker: ChargeJob, count: 1 }, { tx: client })
})

test('a bank that does not answer is asked four times', async () => {
  const { id } = await ChargeJob.enqueue({ order: 2, cents: 500, card: 'slow' })
  await drain()
  for (const minutes of [1, 2, 3]) {
    await t.clock.advance({ minutes })
    await drain()
  }
  const job = await waitFor(id, 'discarded')
  assert.equal(job.errors.length, 4)
})

test('sales are reported each morning', async () => {
  await t.clock.advance({ days: 3 })
  const reports = await allEnqueued(SalesReportJob)
  assert.equal(reports.length, 3)
  await refuteEnqueued(ReceiptJob)
})
