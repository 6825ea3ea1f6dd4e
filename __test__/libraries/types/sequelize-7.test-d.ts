// The types of Sequelize 7: what compiles as a transaction, and what does not.
import type { Sequelize, Transaction } from '@sequelize/core'
import { EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

declare const sequelize: Sequelize
declare const ambient: Transaction

await sequelize.transaction((tx) => Signup.enqueue({ id: 1 }, { tx }))
await Signup.enqueue({ id: 1 }, { tx: ambient })

// @ts-expect-error Sequelize has many connections
await Signup.enqueue({ id: 1 }, { tx: sequelize })
