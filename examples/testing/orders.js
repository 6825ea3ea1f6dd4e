// Orders: each is written in one transaction with the job that charges it.
import { ChargeJob } from './jobs.js'

/** @typedef {{ query: (sql: string, values?: unknown[]) => Promise<any> }} Client */

/**
 * @param {Client} client
 * @param {{ id: number, cents: number, card: string }} order
 */
export async function placeOrder(client, { id, cents, card }) {
  if (cents <= 0) throw new Error('an order costs something')
  await client.query('INSERT INTO orders (id, cents) VALUES ($1, $2)', [id, cents])
  return ChargeJob.enqueue({ order: id, cents, card }, { tx: /** @type {any} */ (client) })
}
