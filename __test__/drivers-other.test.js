// Enqueueing on objects of the application's own.
import { enqueuesInTransactions } from './helpers/transactions.js'
import { wrappers } from './libraries/subjects/pg.js'

for (const [name, open] of Object.entries(wrappers)) enqueuesInTransactions(name, open)
