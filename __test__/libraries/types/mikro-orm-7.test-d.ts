// The types of MikroORM 7: what compiles as a transaction, and what does not.
import type { EntityManager, MikroORM } from 'mikro-orm-7'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

declare const orm: MikroORM
declare const em: EntityManager

await orm.em.transactional((tx) => Signup.enqueue({ id: 1 }, { tx }))
await em.transactional((tx) => EramEngine.withTransaction(tx, async () => 1))

// @ts-expect-error it has many connections
await Signup.enqueue({ id: 1 }, { tx: orm })
// @ts-expect-error neither is the connection of MikroORM a transaction
await Signup.enqueue({ id: 1 }, { tx: em.getConnection() })
