// A driver of prisma 6 that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('prisma 6', { type: 'prisma', export: 'prisma6' })
