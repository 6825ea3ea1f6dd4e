// Enqueueing through TypeORM 0.3, beside the version of the project itself.
import { enqueuesInTransactions } from '../support/transactions.js'
import { adapters } from './adapters/typeorm.js'

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)
