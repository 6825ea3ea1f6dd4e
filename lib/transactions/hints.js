// What to pass to `tx` instead of an object that is outside a transaction, by the name of the library.

/** @type {Record<string, string>} */
export const HINTS = {
  objection: 'pass the trx that Model.transaction(async (trx) => …) gives, or Model.bindTransaction(trx)',
  knex: 'pass the trx that knex.transaction(async (trx) => …) gives',
  bookshelf: 'pass the trx that bookshelf.transaction(async (trx) => …) gives',
  postgres: 'pass the sql that sql.begin(async (sql) => …) gives',
  prisma: 'pass the client that prisma.$transaction(async (tx) => …) gives',
  sequelize: 'pass the transaction that sequelize.transaction(async (t) => …) gives',
  'mikro-orm': 'pass the EntityManager that em.transactional(async (em) => …) gives, or one after em.begin()',
  typeorm: 'pass the EntityManager that dataSource.transaction(async (em) => …) gives',
  kysely: 'pass the trx that db.transaction().execute(async (trx) => …) gives, or one of db.startTransaction()',
  drizzle: 'pass the tx that db.transaction(async (tx) => …) gives',
  slonik: 'pass the connection that pool.transaction(async (tx) => …) gives',
  'pg-promise': 'pass the t that db.tx(async (t) => …) gives',
  pglite: 'pass the tx that db.transaction(async (tx) => …) gives',
  pg: "pass the client on which `await client.query('BEGIN')` has run",
  'eram.executor': 'pass the transaction itself',
  'driver adapter': 'pass the Transaction that startTransaction() gives',
  'query(sql, params)': 'pass the transaction itself',
}
