// postgres.js as a driver: the sql of postgres().

import { dirname } from 'node:path'
import { has } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'

/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource & { connect: NonNullable<DriverSource['connect']> }} */
export const postgresSource = {
  isInstance: (sql) => typeof sql === 'function' && has(sql, 'unsafe', 'begin', 'end'),
  portable: false,
  packages: [['postgres']],
  settings: ({ options: { host, path, pass, ...rest } }) => ({ ...rest, host: path ? dirname(path) : host, password: pass }),
  url,
  // postgres() takes the connection string separately; in a config it is a member of the options.
  async connect({ url, connectionString = url, ...options }, load, size) {
    const { default: postgres } = await load('postgres')
    const all = { max: size, ...options }
    return connectionString === undefined ? postgres(all) : postgres(connectionString, all)
  },
  transaction: (sql, fn) => sql.begin(fn),
  close: (sql) => sql.end({ timeout: 1 }),
}

// The named modes of postgres.js, which does not verify certificates by default.
/** @type {Record<string, unknown>} */
const TLS = { require: { rejectUnauthorized: false }, allow: { rejectUnauthorized: false }, prefer: undefined, 'verify-full': true }

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url(
  { url, connectionString: text = url, host, port, user, username = user, password, pass = password, database, db, ssl },
  subject,
) {
  const tls = typeof ssl === 'string' && Object.hasOwn(TLS, ssl) ? TLS[ssl] : ssl
  const all = { url: text, host: listed(host), port: listed(port), user: username, password: pass, database: database ?? db }
  return connectionString({ ...all, ssl: tls || undefined }, subject)
}

/** @param {unknown} value  one, or one per host */
function listed(value) {
  return Array.isArray(value) ? value.join(',') : value
}
