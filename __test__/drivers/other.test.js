// Enqueueing on objects of the application's own.

import { wrappers } from '../libraries/adapters/pg.js'
import { enqueuesInTransactions } from '../support/transactions.js'

for (const [name, open] of Object.entries(wrappers)) enqueuesInTransactions(name, open, { transactions: 200 })
