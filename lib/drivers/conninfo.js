// Writes a library's connection settings as the connection string that the engine reads: the addon understands URLs and
// libpq's "key=value" form, and takes missing settings from the PG… variables, as the libraries do.

import { invalidOption } from '../shared/validate.js'

/** @typedef {{ url?: unknown, host?: unknown, port?: unknown, user?: unknown, password?: unknown, database?: unknown, ssl?: unknown }} Settings */

/** Hint of errors about settings that the engine cannot use. */
export const SEPARATE_URL = 'pass a url for the engine too: EramEngine.start({ url, driver, … })'

/**
 * @param {Settings} settings
 * @param {string} subject
 * @returns {string}
 */
export function connectionString({ url, host, port, user, password, database, ssl }, subject) {
  const tls = tlsOf(ssl, `${subject}.ssl`)
  if (url !== undefined) return withTls(String(url), tls)
  const settings = {
    // The libraries default to localhost; libpq would look for a socket.
    host: host ?? (process.env.PGHOST ? undefined : 'localhost'),
    port,
    user,
    password,
    dbname: database,
    ...tls,
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

/**
 * Node checks a server's certificate against the system's authorities by default.
 * @param {unknown} ssl
 * @param {string} subject
 * @returns {Record<string, string>}
 */
function tlsOf(ssl, subject) {
  if (ssl === undefined || ssl === null) return {}
  if (ssl === false) return { sslmode: 'disable' }
  if (ssl === true) return { sslmode: 'verify-full', sslrootcert: 'system' }
  if (typeof ssl !== 'object') throw invalidOption(subject, 'true, false or an object', ssl)
  const { rejectUnauthorized, ...rest } = /** @type {Record<string, unknown>} */ (ssl)
  for (const key of ['cert', 'key', 'pfx', ...(rejectUnauthorized === false ? [] : ['ca', 'checkServerIdentity'])]) {
    if (rest[key] === undefined || rest[key] === null) continue
    const file = key === 'ca' ? 'sslrootcert' : key === 'key' ? 'sslkey' : 'sslcert'
    const expected = `certificates in files, which the engine reads as …?${file}=/path`
    throw invalidOption(`${subject}.${key}`, expected, rest[key], SEPARATE_URL)
  }
  return rejectUnauthorized === false ? { sslmode: 'no-verify' } : { sslmode: 'verify-full', sslrootcert: 'system' }
}

/**
 * TLS parameters of the URL take precedence, as in the libraries.
 * @param {string} url
 * @param {Record<string, string>} tls
 */
function withTls(url, tls) {
  if (/[?&\s](?:sslmode|ssl)=/.test(url)) return url
  const isUrl = /^postgres(?:ql)?:\/\//.test(url)
  for (const [key, value] of Object.entries(tls)) url += isUrl ? `${url.includes('?') ? '&' : '?'}${key}=${value}` : ` ${key}=${value}`
  return url
}
