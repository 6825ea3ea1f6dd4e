// A driver of prisma that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('prisma', { type: 'prisma', export: 'prisma' })
