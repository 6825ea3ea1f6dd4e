// Who may do what. A caller has permissions; an operation needs one.

import { ApiError } from './errors.js'

/** Those that no operation names: what it shows, and on how many jobs it acts. */
const OTHERS = ['jobs:view_payload', 'jobs:bulk']

/** What 'read-only' allows, and an object unless it says otherwise. */
const READING = ['view', 'jobs:view_payload']

/**
 * @typedef {object} Access
 * @property {(permission: string) => boolean} may
 * @property {string[]} granted
 */

/**
 * @param {unknown} given  'all', 'read-only', 'deny' or an object of permissions
 * @param {{ permission: string }[]} routes
 * @returns {Access}
 */
export function accessOf(given, routes) {
  const all = [...new Set([...routes.map(({ permission }) => permission), ...OTHERS])].sort()
  const granted = new Set(grantedOf(given, all))
  return { may: (permission) => granted.has(permission), granted: all.filter((each) => granted.has(each)) }
}

/** @param {unknown} given @param {string[]} all */
function grantedOf(given, all) {
  if (given === 'all') return all
  if (given === 'read-only') return READING
  if (given === 'deny') return []
  if (typeof given !== 'object' || given === null) throw wrong("'all', 'read-only', 'deny' or an object of permissions", given)
  const entries = Object.entries(given)
  const unknown = entries.find(([name, value]) => !all.includes(name) || typeof value !== 'boolean')
  if (unknown) throw wrong(`true or false for each of ${all.join(', ')}`, Object.fromEntries([unknown]))
  const denied = entries.filter(([, value]) => !value).map(([name]) => name)
  const allowed = entries.filter(([, value]) => value).map(([name]) => name)
  return [...READING.filter((name) => !denied.includes(name)), ...allowed]
}

/** @param {Access} access @param {string} permission */
export function demand({ may }, permission) {
  if (!may(permission)) throw new ApiError('FORBIDDEN', `expected the permission ${permission}, which you do not have`, { permission })
}

/** The application's own mistake, which is not for the caller. @param {string} expected @param {unknown} got */
function wrong(expected, got) {
  return new TypeError(`createWeb.access: expected ${expected}, got ${String(JSON.stringify(got)).slice(0, 200)}`)
}
