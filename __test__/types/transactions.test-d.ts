// What compiles as a transaction, with the libraries' own types: what can never be one must not.
import type { Client, Pool, PoolClient } from 'pg'
import type { DataSource, EntityManager, ObjectLiteral, QueryRunner, Repository } from 'typeorm'
import { enqueue } from '../../enqueue.js'
import { EramEngine, EramJob } from '../../index.js'

declare module '../../index.js' {
  interface Register {
    tx: EntityManager
  }
}

declare const client: Client
declare const pg: Client
declare const poolClient: PoolClient
declare const pool: Pool
declare const manager: EntityManager
declare const runner: QueryRunner
declare const repository: Repository<ObjectLiteral>
declare const source: DataSource
declare const own: { query(sql: string, params: unknown[]): Promise<{ rows: unknown[] }> }

class Signup extends EramJob {
  async perform(_args: { id: number }, ctx: import('../../index.js').JobContext) {
    const registered: EntityManager = ctx.tx
    await Signup.enqueue({ id: 1 }, { tx: ctx.tx })
    // @ts-expect-error it is what was registered, and nothing else
    const wrong: QueryRunner = ctx.tx
    void wrong
    return registered.query('select 1')
  }
}

for (const tx of [client, poolClient, manager, runner, repository, own]) {
  await Signup.enqueue({ id: 1 }, { tx })
  await EramEngine.enqueueAll([Signup.new({ id: 1 })], { tx })
  await EramEngine.withTransaction(tx, async () => 1)
}
await Signup.enqueue({ id: 1 }, { tx: null })

// @ts-expect-error a pool takes another connection for each query
await Signup.enqueue({ id: 1 }, { tx: pool })
// @ts-expect-error a data source has no transaction of its own
await Signup.enqueue({ id: 1 }, { tx: source })
// @ts-expect-error nothing to run a statement with
await Signup.enqueue({ id: 1 }, { tx: {} })
// @ts-expect-error a number
await Signup.enqueue({ id: 1 }, { tx: 5 })
// @ts-expect-error a string
await Signup.enqueue({ id: 1 }, { tx: 'BEGIN' })
// @ts-expect-error the same in the one-object form
await Signup.enqueue({ args: { id: 1 }, tx: pool })
// @ts-expect-error and for withTransaction
await EramEngine.withTransaction(pool, async () => 1)

// what the engine may be given as its driver
await EramEngine.start({ driver: pool })
await EramEngine.start({ driver: source })
// @ts-expect-error a single connection is not a driver
await EramEngine.start({ driver: client })

// Without the addon, whatever runs a statement will do.
for (const client of [pool, pg, poolClient, manager, runner, repository, source, own]) {
  await enqueue(client, { worker: 'Signup', args: { id: 1 } }, { in_transaction: false })
}
await enqueue(async (sql: string, params: string[]) => [{ eram: sql + params }], [{ worker: 'Signup' }])
// @ts-expect-error a map cannot run a statement
await enqueue(new Map(), { worker: 'Signup' })
