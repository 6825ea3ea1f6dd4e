// A transaction is still known when a bundler has put the application, its libraries and ours into one file and given every class
// a short name. For each library that can be bundled; these cannot, with or without EramJS:
//
// - pg-native is compiled code, which stays a file of its own; its clients have the shape of pg's.
// - Bookshelf takes only a function with the name "knex" for knex, which a minifier takes away. Its transactions are those of knex.
// - Prisma 6 reads its WebAssembly from a file in the folder that its client was generated into. Prisma 7 has it in its code.
// - PGlite reads its WebAssembly and data from files beside its own module.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { DATABASE_URL } from '../support/database.js'
import { finished } from '../support/snippets.js'
import { generate } from './prisma.js'

const FOLDER = path.dirname(fileURLToPath(import.meta.url))

/** Drivers of other databases, which some would load if they were asked for, and what they do without. */
const OTHERS = [
  '@google-cloud/spanner',
  '@sap/hana-client*',
  '@sequelize/db2',
  '@sequelize/db2-ibmi',
  '@sequelize/mariadb',
  '@sequelize/mssql',
  '@sequelize/mysql',
  '@sequelize/oracle',
  '@sequelize/snowflake',
  '@sequelize/sqlite3',
  'better-sqlite3',
  'expo-sqlite',
  'hdb-pool',
  'ioredis',
  'libsql',
  'mariadb*',
  'mongodb',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'react-native-sqlite-storage',
  'redis',
  'sql.js',
  'sqlite3',
  'tedious',
  'typeorm-aurora-data-api-driver',
]

/** What becomes a global of a module where a bundler has put CommonJS into it. */
const BANNER = `import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
const require = createRequire(import.meta.url)
const __filename = fileURLToPath(import.meta.url)
const __dirname = fileURLToPath(new URL('.', import.meta.url))`

/** Records for every kind of transaction whether it is known, and for everything else whether it is refused. @param {string} from */
const program = (from) => `
import { resolveExecutor } from '../../lib/transactions/index.js'
${from}
const reported = []
for (const [name, open] of Object.entries(adapters)) {
  const { transaction, savepoint, outside, close } = await open({ url: process.env.DATABASE_URL, prefix: 'public' })
  const answers = []
  const ask = async (tx) => {
    const { name, query } = resolveExecutor(tx)
    const [{ answer }] = await query('select $1 as answer', ['yes'])
    answers.push([name, answer])
  }
  await transaction(async (tx) => {
    await ask(tx)
    await savepoint(tx, ask)
  })
  const refused = outside().map((tx) => {
    try {
      return resolveExecutor(tx).name
    } catch (error) {
      return error.message
    }
  })
  reported.push({ name, answers, refused })
  await close()
}
class LongNameOfAnApplication {}
console.log(JSON.stringify({ reported, short: LongNameOfAnApplication.name }))
process.exit()
`

/** Files of adapters/, by the name that EramJS has for the library. @type {Record<string, string>} */
const ROWS = {
  pg: 'pg',
  postgres: 'postgres',
  typeorm: 'typeorm',
  'typeorm-transactional': 'typeorm-transactional',
  knex: 'knex',
  objection: 'objection',
  sequelize: 'sequelize',
  'sequelize-cls': 'sequelize-cls',
  'sequelize-7': 'sequelize-7',
  drizzle: 'drizzle',
  kysely: 'kysely',
  'mikro-orm': 'mikro-orm',
  slonik: 'slonik',
  'pg-promise': 'pg-promise',
}

const rows = Object.entries(ROWS).map(([name, file]) => ({ name, from: async () => `import { adapters } from './adapters/${file}.js'` }))

rows.push({
  name: 'mikro-orm-7',
  from: async () => `
    import * as library from 'mikro-orm-7'
    import { adaptersOf } from './adapters/mikro-orm.js'
    const adapters = adaptersOf(library)`,
})
rows.push({
  name: 'prisma',
  from: async () => `
    import { PrismaPg } from '@prisma/adapter-pg'
    import { PrismaClient } from ${JSON.stringify(path.join(await generate(7), 'generated', 'index.js'))}
    import { adaptersOn } from './adapters/prisma.js'
    const connect = (connectionString) => new PrismaClient({ adapter: new PrismaPg({ connectionString }) })
    const adapters = adaptersOn(connect, 'prisma')`,
})

// A bundle asks at once for what an installed MikroORM 7 asks for when it needs it.
const old = Number(process.versions.node.split('.')[0]) < 22 ? 'bundled, it needs Node 22 or later' : false

for (const { name, from } of rows) {
  const skip = name === 'mikro-orm-7' && old
  test(`${name}: after a minifier every transaction is known, and everything else refused`, { skip }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'eram-bundled-'))
    const outfile = path.join(folder, 'main.mjs')
    try {
      await build({
        stdin: { contents: program(await from()), resolveDir: FOLDER, loader: 'js' },
        outfile,
        bundle: true,
        minify: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        logLevel: 'error',
        external: OTHERS,
        banner: { js: BANNER },
      })
      const { code, out } = await finished(process.execPath, [outfile], { env: { DATABASE_URL } })
      // Not the line of the bundle, which is all of it.
      assert.equal(code, 0, out.slice(-1000))
      // Behind it Node may warn of what a library uses.
      const { reported, short } = JSON.parse(out.split('\n')[0] ?? '')
      const library = name.replace(/-(?:cls|\d|transactional)$/, '')
      assert.ok(reported.length > 0)
      for (const { answers, refused } of reported) {
        // The trx of Objection is one of knex.
        const known = library === 'objection' ? /^(?:knex|objection)$/ : new RegExp(`^${library}$`)
        assert.equal(answers.length, 2)
        for (const [by, answer] of answers) {
          assert.match(by, known)
          assert.equal(answer, 'yes')
        }
        assert.ok(refused.length > 0)
        for (const message of refused) assert.match(message, /^tx: expected an open \S+ transaction, got .+ outside of one; pass /)
      }
      // Without short names this would prove nothing.
      assert.ok(short.length <= 3, short)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}
