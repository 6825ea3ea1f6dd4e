// Enqueueing through TypeORM 0.3, beside the version of the project itself.
import { enqueuesInTransactions } from '../support/transactions.js'
import { subjects } from './subjects/typeorm.js'

for (const [name, open] of Object.entries(subjects)) enqueuesInTransactions(name, open)
