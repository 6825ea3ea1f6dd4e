// The types of TypeORM 0.3, which typeorm-transactional has as well: what compiles as a transaction, and what does not.
import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { EramEngine, EramJob, type JobContext } from '../../../index.js'

declare module '../../../index.js' {
  interface Register {
    tx: EntityManager
  }
}

class Signup extends EramJob {
  async perform(_args: { id: number }, ctx: JobContext) {
    await Signup.enqueue({ id: 2 }, { tx: ctx.tx })
    // @ts-expect-error it is what was registered, and nothing else
    const wrong: DataSource = ctx.tx
    void wrong
    return ctx.tx.query('select 1')
  }
}

declare const source: DataSource
declare const runner: QueryRunner

await source.transaction((tx) => Signup.enqueue({ id: 1 }, { tx }))
await Signup.enqueue({ id: 1 }, { tx: source.manager })
await EramEngine.withTransaction(runner, async () => 1)

// @ts-expect-error a data source has no transaction of its own
await Signup.enqueue({ id: 1 }, { tx: source })
