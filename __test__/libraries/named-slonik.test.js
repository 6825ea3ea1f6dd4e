// A driver of slonik that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('slonik', { type: 'slonik', config: (url) => ({ url }), export: 'slonik' })
