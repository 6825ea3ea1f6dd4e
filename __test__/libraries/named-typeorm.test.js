// A driver of typeorm that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('typeorm', { type: 'typeorm', config: (url) => ({ type: 'postgres', url }), export: 'source' })
