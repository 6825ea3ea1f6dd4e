// A driver of mikro-orm that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('mikro-orm', {
  type: 'mikro-orm',
  config: (clientUrl) => ({ clientUrl, entities: [], discovery: { warnWhenNoEntities: false } }),
  export: 'orm',
})
