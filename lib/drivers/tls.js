// The TLS settings of a library, as parameters of the engine's connection string. Where the library and the engine read a setting
// differently, the stricter meaning holds.

import { createPrivateKey } from 'node:crypto'
import { EramError } from '../shared/errors.js'
import { invalidOption, isObject, isRecord } from '../shared/validate.js'

/** Who else reads a connection string: `pg` takes allow, prefer, require and verify-ca for verify-full. @typedef {'pg' | undefined} Reader */
/** @typedef {Record<string, string>} Tls  parameters of libpq */

/** Hint of errors about settings that the engine cannot use. */
export const SEPARATE_URL = 'pass a url for the engine too: EramEngine.start({ url, driver, … })'

/** In ascending order of strictness. */
const MODES = ['disable', 'allow', 'prefer', 'no-verify', 'require', 'verify-ca', 'verify-full']
const VERIFIED = 'verify-full'
/** Modes for which pg, up to version 8, checks certificate and name. */
const TAKEN_FOR_VERIFIED = ['allow', 'prefer', 'require', 'verify-ca', VERIFIED]
/** Members of an `ssl` object that hold PEM, and the parameters that take it. */
const PEM = /** @type {const} */ ({ ca: 'sslrootcert', cert: 'sslcert', crl: 'sslcrl' })
/** Members that say who may be trusted or who connects, and that the engine cannot take. */
const REFUSED = { pfx: 'cert and key in PEM', secureContext: 'ca, cert and key', pskCallback: 'cert and key' }
const VERSIONS = /** @type {const} */ ({ minVersion: 'ssl_min_protocol_version', maxVersion: 'ssl_max_protocol_version' })

/**
 * Node checks a server's certificate against public authorities by default.
 * @param {unknown} ssl
 * @param {string} subject
 * @returns {Tls}
 */
export function tlsOf(ssl, subject) {
  if (ssl === undefined || ssl === null) return {}
  if (ssl === false || ssl === 'false') return { sslmode: 'disable' }
  if (ssl === true || ssl === 'true') return { sslmode: VERIFIED, sslrootcert: 'system' }
  if (ssl === 'no-verify') return { sslmode: 'no-verify' }
  if (!isRecord(ssl)) throw invalidOption(subject, 'true, false or an object', ssl)
  const verifies = ssl.rejectUnauthorized !== false
  for (const [key, instead] of Object.entries(REFUSED)) {
    if (isGiven(ssl[key]))
      throw invalidOption(`${subject}.${key}`, `none, but ${instead}, which the engine can use as well`, ssl[key], SEPARATE_URL)
  }
  if (verifies && isGiven(ssl.checkServerIdentity)) {
    const hint = `sslmode=verify-ca in a url checks no name, servername another one; ${SEPARATE_URL}`
    throw invalidOption(`${subject}.checkServerIdentity`, 'none, as the engine cannot call it', ssl.checkServerIdentity, hint)
  }
  /** @type {Tls} */
  const tls = verifies ? { sslmode: VERIFIED, sslrootcert: 'system' } : { sslmode: 'no-verify' }
  for (const [key, parameter] of Object.entries(PEM)) {
    if (isGiven(ssl[key]) && (verifies || key === 'cert')) tls[parameter] = pemOf(ssl[key], `${subject}.${key}`)
  }
  // Read by name: pg makes it a hidden member.
  if (isGiven(ssl.key)) tls.sslkey = keyOf(ssl.key, ssl.passphrase, `${subject}.key`)
  if (isGiven(ssl.cert) !== isGiven(ssl.key)) {
    const [there, missing] = isGiven(ssl.cert) ? ['cert', 'key'] : ['key', 'cert']
    throw invalidOption(`${subject}.${missing}`, `the ${missing === 'key' ? 'key' : 'certificate'} of ${there}`, undefined)
  }
  for (const [key, parameter] of Object.entries(VERSIONS)) if (typeof ssl[key] === 'string') tls[parameter] = ssl[key]
  if (typeof ssl.servername === 'string' && ssl.servername !== '') tls.sslservername = ssl.servername
  return tls
}

/** @param {unknown} value */
function isGiven(value) {
  return value !== undefined && value !== null && value !== ''
}

/**
 * PEM as every tutorial writes it: a text, a Buffer, or several of them.
 * @param {unknown} value
 * @param {string} subject
 * @returns {string}
 */
function pemOf(value, subject) {
  if (Array.isArray(value) && value.length > 0) return value.map((each, i) => pemOf(each, `${subject}[${i}]`)).join('\n')
  const text = textOf(value)
  if (text?.includes('-----BEGIN ')) return text.slice(text.indexOf('-----BEGIN ')).replaceAll('\r\n', '\n')
  const got = text === undefined ? value : undefined
  if (got !== undefined) throw invalidOption(subject, 'PEM, as a text or a Buffer', got, SEPARATE_URL)
  // Not shown: it may be a key.
  throw new EramError(
    'ERAM_CONFIG',
    `${subject}: expected PEM, which begins with "-----BEGIN", got something else; read the file with readFileSync`,
  )
}

/** @param {unknown} value */
function textOf(value) {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  // A Buffer that was JSON in between.
  if (isRecord(value) && value.type === 'Buffer' && Array.isArray(value.data)) return Buffer.from(value.data).toString('utf8')
  return undefined
}

/**
 * A key without a passphrase, in PEM.
 * @param {any} value  PEM, a KeyObject, or { pem, passphrase }; the first of a list
 * @param {unknown} passphrase
 * @param {string} subject
 * @returns {string}
 */
function keyOf(value, passphrase, subject) {
  if (Array.isArray(value) && value.length === 1) return keyOf(value[0], passphrase, subject)
  if (isObject(value) && 'export' in value && typeof value.export === 'function') {
    return String(value.export({ type: 'pkcs8', format: 'pem' }))
  }
  if (isRecord(value) && isGiven(value.pem)) return keyOf(value.pem, value.passphrase ?? passphrase, subject)
  const pem = pemOf(value, subject)
  if (!pem.includes('ENCRYPTED')) return pem
  try {
    const key = createPrivateKey({ key: pem, passphrase: /** @type {string} */ (passphrase) })
    return String(key.export({ type: 'pkcs8', format: 'pem' }))
  } catch {
    throw new EramError('ERAM_CONFIG', `${subject}: expected a key that passphrase opens, got one that it does not`)
  }
}

/**
 * What pg makes of $PGSSLMODE where nothing else says how to connect.
 * @param {Reader} reader
 * @returns {Tls}
 */
export function strictEnvironment(reader) {
  const { PGSSLMODE = '', PGSSLROOTCERT } = process.env
  if (reader !== 'pg' || !TAKEN_FOR_VERIFIED.includes(PGSSLMODE)) return {}
  return { sslmode: VERIFIED, ...(PGSSLROOTCERT ? undefined : { sslrootcert: 'system' }) }
}

/**
 * The connection string with the stricter of its own TLS settings, as engine and library read them, and those of the config.
 * @param {string} url
 * @param {Tls} tls  of the config
 * @param {Reader} [reader]
 */
export function withTls(url, tls, reader) {
  const given = parametersOf(url)
  const own = given.sslmode ?? modeOfSsl(given.ssl)
  const names = Object.keys(given)
  const files = names.some((name) => ['sslcert', 'sslkey', 'sslrootcert'].includes(name))
  if (own === undefined && !files) return joined(url, Object.keys(tls).length === 0 ? strictEnvironment(reader) : tls)
  const read = reader === 'pg' && given.uselibpqcompat !== 'true' ? modeOfPg(own) : own
  const { sslmode, ...rest } = tls
  // With pg, what the connection string says replaces the config's.
  const wanted = reader === 'pg' ? read : stricter(read, sslmode)
  if (wanted === undefined || wanted === own) return url
  // What the config trusts is left out where the connection string names its own.
  const kept = Object.entries(rest).filter(([name]) => !names.includes(name) && (wanted === VERIFIED || name !== 'sslrootcert'))
  const roots = wanted === VERIFIED && !names.includes('sslrootcert') && !rest.sslrootcert ? { sslrootcert: 'system' } : undefined
  return joined(url, { sslmode: wanted, ...Object.fromEntries(kept), ...roots })
}

/** What pg makes of a mode; files without one are checked. @param {string | undefined} mode */
function modeOfPg(mode) {
  return mode === undefined || TAKEN_FOR_VERIFIED.includes(mode) ? VERIFIED : mode
}

/** @param {string | undefined} ssl */
function modeOfSsl(ssl) {
  if (ssl === undefined) return undefined
  if (ssl === 'true' || ssl === '1') return 'require'
  return ssl === 'false' || ssl === '0' ? 'disable' : ssl
}

/** @param {string | undefined} a @param {string | undefined} b */
function stricter(a, b) {
  if (a === undefined || b === undefined) return a ?? b
  return MODES.indexOf(b) > MODES.indexOf(a) ? b : a
}

/** The TLS parameters of a connection string; of two of one name, the last. @param {string} url @returns {Tls} */
function parametersOf(url) {
  const found = url.matchAll(/(?:^|[?&\s])(ssl\w*|uselibpqcompat)\s*=\s*('(?:\\.|[^'\\])*'|[^&\s]*)/g)
  return Object.fromEntries(
    [...found].map(([, name = '', value = '']) => [name, isUrl(url) ? decoded(value) : value.replace(/^'|'$/g, '')]),
  )
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param {string} url */
function isUrl(url) {
  return /^\s*postgres(?:ql)?:\/\//.test(url)
}

/** The last parameters count. @param {string} url @param {Tls} tls */
function joined(url, tls) {
  const uri = isUrl(url)
  let text = uri ? url.trim() : url
  for (const [key, value] of Object.entries(tls)) {
    if (uri) text += `${text.includes('?') ? '&' : '?'}${key}=${encodeURIComponent(value)}`
    else text += ` ${key}=${/^[\w.:-]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`}`
  }
  return text
}
