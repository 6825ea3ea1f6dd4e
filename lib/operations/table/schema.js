// The schema of a database, without an engine: migrate, rollback, status, sql, environment, inspect. EramEngine.migrate() does the first four.

import { EramError } from '../../shared/errors.js'
import { OPTIONS } from '../calls.js'

/** @import { Option, SchemaOperation } from '../operation.js' */

/** @type {Record<'url' | 'driver' | 'prefix', Option>} */
const ADDRESS = {
  url: { kind: 'url', meaning: 'the database: postgres://user@host/name, or host=… dbname=…' },
  driver: { kind: 'driver', meaning: 'your database library, instead of url' },
  prefix: { kind: 'schema', default: 'public', meaning: 'the schema of the tables' },
}
const { prefix: PREFIX } = ADDRESS
/** @type {Option} */
const FROM = { kind: 'integer', default: '0, not migrated', meaning: 'the version that the schema has' }

/** @type {SchemaOperation[]} */
export const schema = [
  {
    name: 'schema.migrate',
    summary: 'Upgrades the schema to the version of this package',
    about: 'Safe to run concurrently and repeatedly.',
    access: 'write',
    options: {
      ...ADDRESS,
      to: { kind: 'integer', default: 'the newest', meaning: 'the version to upgrade to' },
      search_indexes: { kind: 'boolean', meaning: 'also create the indexes for finding jobs by args and meta, without locking the table' },
      status: { kind: 'boolean', flag: false, meaning: 'only report the version, as schema.status' },
      sql: { kind: 'boolean', flag: false, meaning: 'only return the statements, as schema.sql' },
      from: { ...FROM, flag: false, meaning: `${FROM.meaning}, with sql` },
      testing: {
        kind: 'object',
        flag: false,
        meaning: 'for eramjs/testing: { clock } creates the schema with a clock, { drop } drops it',
        type: '{ clock?: boolean; drop?: boolean }',
      },
    },
    answer: { type: 'MigrateResult' },
    call: OPTIONS,
    command: 'migrate',
    run: (database, options) => database.call('migrate', options),
  },
  {
    name: 'schema.rollback',
    summary: 'Downgrades the schema, one version by default',
    about: 'Afterwards, engines of this version do not start on the schema.',
    access: 'write',
    options: { ...ADDRESS, to: { kind: 'integer', meaning: 'the version to downgrade to; 0 removes all tables and jobs' } },
    answer: { type: 'MigrateResult' },
    command: 'rollback',
    async run(database, options) {
      const { version } = await database.call('migrate', { ...options, to: undefined, status: true })
      const { to = Math.max(version - 1, 0) } = options
      if (to > version) throw new EramError('ERAM_CONFIG', `schema.rollback.to: expected a version of at most ${version}, got ${to}`)
      return database.call('migrate', { ...options, to })
    },
  },
  {
    name: 'schema.status',
    summary: 'Shows the version of the schema',
    access: 'read',
    options: ADDRESS,
    answer: { type: 'MigrateResult' },
    command: 'status',
    run: (database, options) => database.call('migrate', { ...options, status: true }),
  },
  {
    name: 'schema.sql',
    summary: 'Prints the SQL of the migrations',
    about: 'Does not need a database. From a higher version to a lower one, prints the down migrations.',
    access: 'read',
    options: {
      prefix: PREFIX,
      from: FROM,
      to: { kind: 'integer', default: 'the newest', meaning: 'the version to migrate to' },
    },
    answer: { type: "Required<Pick<MigrateResult, 'sql'>>" },
    command: 'sql',
    run: (database, options) => database.call('migrate', { ...options, sql: true }),
  },
  {
    name: 'schema.environment',
    summary: 'Shows or sets the environment that the database is stamped with',
    about: `An engine with another environment, or with none, only enqueues and does not run queues.
A new stamp takes effect with the next start of each engine.`,
    access: 'write',
    options: {
      ...ADDRESS,
      set: { kind: 'name', meaning: 'stamp the database with this environment' },
      force: { kind: 'boolean', meaning: 'also while engines run queues on it' },
    },
    answer: { type: 'EnvironmentResult' },
    call: OPTIONS,
    command: 'environment',
    run: (database, options) => database.call('environment', options),
  },
  {
    name: 'schema.inspect',
    summary: 'Checks the database, the schema and the cluster, and says what to do',
    about: `Runs statements that only read, each in a transaction of its own, for at most 5 s; $1 in them is the schema. The answer
has for each its rows, or its error.`,
    access: 'read',
    options: { ...ADDRESS, statements: { kind: 'names', required: true, meaning: 'the statements, as an array' } },
    answer: { type: '{ rows?: object[], error?: { sqlstate: string, message: string } }[]' },
    command: 'doctor',
    run: (database, options) => database.call('inspect', options),
  },
]
