// One instance of each library, as an application exports them from a file of its own.
import './without-pg-native.js'
import { MikroORM } from '@mikro-orm/postgresql'
import { Sequelize as Sequelize7 } from '@sequelize/core'
import { PostgresDialect as PostgresDialect7 } from '@sequelize/postgres'
// @ts-expect-error it has no types
import bookshelfOn from 'bookshelf'
import { drizzle as drizzleOnPg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleOnPostgres } from 'drizzle-orm/postgres-js'
import knexTo from 'knex'
import { Kysely, PostgresDialect } from 'kysely'
import { Model } from 'objection'
import pg from 'pg'
import postgres from 'postgres'
import { Sequelize } from 'sequelize'
import { createPool } from 'slonik'
import { DataSource } from 'typeorm'
import { generated } from './prisma.js'

const url = String(process.env.DATABASE_URL)
// Unused connections go soon, so that they do not keep a test process.
const makePool = () => new pg.Pool({ connectionString: url, idleTimeoutMillis: 1000 })
const makeSql = () => postgres(url, { idle_timeout: 1 })
const makeKnex = () => knexTo({ client: 'pg', connection: url, pool: { min: 0, max: 10, idleTimeoutMillis: 1000 } })

export const pool = makePool()
export const sql = makeSql()
export const source = new DataSource({ type: 'postgres', url, extra: { idleTimeoutMillis: 1000 } })
export const knex = makeKnex()
export const User = class extends Model {
  static tableName = 'users'
}.bindKnex(makeKnex())
export const bookshelf = bookshelfOn(makeKnex())
export const sequelize = new Sequelize(url, { dialect: 'postgres', logging: false, pool: { max: 10, idle: 1000 } })
export const sequelize7 = new Sequelize7({ dialect: PostgresDialect7, url, pool: { max: 10, idle: 1000 } })
export const drizzle = drizzleOnPg({ client: makePool() })
export const drizzlePostgres = drizzleOnPostgres({ client: makeSql() })
export const kysely = new Kysely({ dialect: new PostgresDialect({ pool: makePool() }) })
// What has to be waited for may be a promise, or made by a function.
export const slonik = createPool(url, { idleTimeout: 1000 })
export const orm = () => MikroORM.init({ clientUrl: url, entities: [], discovery: { warnWhenNoEntities: false } })
export const prisma = async () => (await generated(7))(url, 'public', 10)
export const prisma6 = async () => (await generated(6))(url, 'public', 10)
