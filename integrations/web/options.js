// Checks the options of createWeb().

import { invalid as invalidOption, isPath } from '../http/options.js'
import { redactionOf } from './payload.js'

/** @import { WebOptions } from './index.js' */

const KNOWN = ['access', 'authenticate', 'basePath', 'origins', 'redact', 'audit', 'limits', 'hosts', 'theme', 'refresh']
const LIMITS = { body: 1024 * 1024, timeout: 60_000, keep: 500, list: 500, count: 1000, bulk: 2000, wait: 2000 }
const REFRESH = { default: 2000, min: 1000 }
/** Milliseconds between two looks, at most. */
const LONGEST_REFRESH = 60_000
/** The longest time that the addon takes. */
const MOST = 2 ** 31 - 1

/**
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got
 */
export function invalid(subject, expected, got) {
  return invalidOption(`createWeb.${subject}`, expected, got)
}

/** @typedef {ReturnType<typeof checked>} CheckedOptions */

/** @param {WebOptions} options */
export function checked(options) {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'an object with access', options)
  for (const key of Object.keys(options)) if (!KNOWN.includes(key)) throw invalid('options', `those among ${KNOWN.join(', ')}`, key)
  const { access, authenticate, basePath = '', origins = [], redact = [], audit, hosts, refresh } = options
  if (typeof access !== 'function' && !['all', 'read-only'].includes(/** @type {string} */ (access))) {
    throw invalid(
      'access',
      "a function (user) => 'all', 'read-only', 'deny' or { permission: true }; or 'all' or 'read-only' for all callers",
      access,
    )
  }
  if (authenticate !== undefined && typeof authenticate !== 'function') throw invalid('authenticate', 'a function', authenticate)
  if (audit !== undefined && audit !== false && typeof audit !== 'function') throw invalid('audit', 'a function or false', audit)
  if (basePath !== '' && !isPath(basePath)) throw invalid('basePath', 'a path such as /admin/eram', basePath)
  return {
    access: typeof access === 'function' ? access : () => access,
    authenticate,
    basePath,
    audit: audit === false ? undefined : audit,
    records: audit !== false,
    refresh: refreshOf(refresh),
    origins: textsOf('origins', origins, /^https?:\/\/[^/]+$/, 'origins such as https://ops.example.com'),
    hosts: hosts === undefined ? undefined : textsOf('hosts', hosts, /^[^/\s]+$/, 'names of hosts, without a port'),
    redaction: redactionOf(textsOf('redact', redact, /^[^.]+(\.[^.]+)*$/, 'paths such as args.password or args.card.*')),
    limits: limitsOf(options.limits),
    theme: themeOf(options.theme),
  }
}

/** What each member of `theme` may be. @type {Record<string, { form: RegExp, expected: string }>} */
const THEME = {
  title: { form: /^.{1,60}$/, expected: 'a text of 1 to 60 characters' },
  accent: { form: /^#[0-9a-f]{6}$/i, expected: 'a color such as #0f766e' },
  env: { form: /^.{1,30}$/, expected: 'a text of 1 to 30 characters' },
}

/** @param {WebOptions['theme']} given */
function themeOf(given = {}) {
  if (typeof given !== 'object' || given === null) throw invalid('theme', 'an object with title, accent or env', given)
  for (const [name, value] of Object.entries(given)) {
    const { form, expected } = THEME[name] ?? {}
    if (!form) throw invalid('theme', `names among ${Object.keys(THEME).join(', ')}`, name)
    if (value !== undefined && !(typeof value === 'string' && form.test(value))) throw invalid(`theme.${name}`, String(expected), value)
  }
  return { ...given }
}

/** @param {string} name @param {unknown} given @param {RegExp} form @param {string} expected @returns {string[]} */
function textsOf(name, given, form, expected) {
  const isList = Array.isArray(given) && given.every((each) => typeof each === 'string' && form.test(each))
  if (!isList) throw invalid(name, `an array of ${expected}`, given)
  return [...given]
}

/** @param {WebOptions['limits']} given */
function limitsOf(given = {}) {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(LIMITS, name)) throw invalid('limits', `names among ${Object.keys(LIMITS).join(', ')}`, name)
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= MOST)) {
      throw invalid(`limits.${name}`, 'a whole number of 0 or more', value)
    }
  }
  return { ...LIMITS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

/** @param {WebOptions['refresh']} given */
function refreshOf(given = {}) {
  if (given === false) return null
  if (typeof given !== 'object' || given === null) throw invalid('refresh', 'false, or an object of default and min', given)
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(REFRESH, name)) throw invalid('refresh', `names among ${Object.keys(REFRESH).join(', ')}`, name)
    if (value !== undefined && !(Number.isInteger(value) && value >= 100 && value <= LONGEST_REFRESH)) {
      throw invalid(`refresh.${name}`, `a whole number from 100 to ${LONGEST_REFRESH}`, value)
    }
  }
  const { min = REFRESH.min, default: usual = Math.max(REFRESH.default, min) } = given
  if (usual < min) throw invalid('refresh.default', `a number of at least min, ${min}`, usual)
  return { default: usual, min }
}
