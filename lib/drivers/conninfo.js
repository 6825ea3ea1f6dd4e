// Writes a library's connection settings as the connection string that the engine reads: the addon understands URLs and
// libpq's "key=value" form, and takes missing settings from the PG… variables, as the libraries do.

import { invalidOption } from '../shared/validate.js'
import { SEPARATE_URL, strictEnvironment, tlsOf, withTls } from './tls.js'

/** @import { Reader } from './tls.js' */

/** @typedef {{ url?: unknown, host?: unknown, port?: unknown, user?: unknown, password?: unknown, database?: unknown, ssl?: unknown }} Settings */

/**
 * @param {Settings} settings
 * @param {string} subject
 * @param {Reader} [reader]  who else reads the settings
 * @returns {string}
 */
export function connectionString({ url, host, port, user, password, database, ssl }, subject, reader) {
  const tls = tlsOf(ssl, `${subject}.ssl`)
  if (url !== undefined && url !== null) return withTls(String(url), tls, reader)
  const settings = {
    // The libraries default to localhost; libpq would look for a socket.
    host: host ?? (process.env.PGHOST ? undefined : 'localhost'),
    port,
    user,
    password,
    dbname: database,
    ...(Object.keys(tls).length === 0 ? strictEnvironment(reader) : tls),
  }
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${key}=${quoted(value, `${subject}.${key}`)}`)
    .join(' ')
}

/**
 * @param {unknown} value
 * @param {string} subject
 */
function quoted(value, subject) {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw invalidOption(subject, 'text that the engine can use as well', value, SEPARATE_URL)
  }
  return `'${String(value).replace(/[\\']/g, '\\$&')}'`
}
