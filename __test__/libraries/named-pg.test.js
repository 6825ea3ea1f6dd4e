// A driver of pg that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('pg', { type: 'pg', config: (connectionString) => ({ connectionString }), export: 'pool' })
