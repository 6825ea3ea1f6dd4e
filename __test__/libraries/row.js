// One row of `npm run test:matrix`: the facts, for the library that the environment names, in the version that is installed here.
import { enqueuesInTransactions } from '../support/transactions.js'
import { libraries } from './adapters/index.js'

const { ERAM_ROW = '', ERAM_ROW_NAME } = process.env
const adapters = await libraries[ERAM_ROW]?.()
if (!adapters) throw new Error(`ERAM_ROW: expected one of ${Object.keys(libraries).join(', ')}, got ${JSON.stringify(ERAM_ROW)}`)
for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(`${ERAM_ROW_NAME}: ${name}`, open)
