// A driver of sequelize 6 and 7 that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('sequelize', { type: 'sequelize', config: (url) => ({ url }), export: 'sequelize' })
performsInTransactions('sequelize 7', { type: 'sequelize', export: 'sequelize7' })
