// A driver of postgres.js that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('postgres', { type: 'postgres', config: (url) => ({ url }), export: 'sql' })
