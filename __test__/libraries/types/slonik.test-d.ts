// Slonik's own types: what compiles as a transaction, and what does not.
import type { DatabasePool } from 'slonik'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

declare const pool: DatabasePool

await pool.transaction((tx) => Signup.enqueue({ id: 1 }, { tx }))
await pool.transaction((tx) => tx.transaction((inner) => EramEngine.withTransaction(inner, async () => 1)))

// @ts-expect-error a pool takes any of its connections
await Signup.enqueue({ id: 1 }, { tx: pool })
