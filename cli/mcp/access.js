// What agents may do: the permissions of the HTTP API, as the options of the command give them.

import { EramError } from '../../index.js'
import { operations, routesOf } from '../../lib/operations/index.js'

const PAYLOAD = 'jobs:view_payload'
const BULK = 'jobs:bulk'

/** Of operations that have a tool. */
const routes = routesOf(operations).filter(({ operation }) => operation.remote?.tool !== false)
const permissions = (/** @type {typeof routes} */ of) => of.map(({ permission }) => permission)

/** Of those that change something. */
const WRITES = [...new Set([...permissions(routes.filter(({ reads }) => !reads)), BULK])].sort()

/** Those that --allow takes. */
export const CHOICES = [...new Set([...permissions(routes), ...WRITES, PAYLOAD])].filter((name) => name !== 'view').sort()

/** @typedef {Record<string, boolean>} Access  each permission, and whether it is given */

/**
 * @param {{ 'allow-writes'?: boolean, allow?: string[], payloads?: boolean }} values
 * @param {string[]} [granted]  by the API that calls go to; others cannot be given
 * @returns {Access}
 */
export function accessOf({ 'allow-writes': allowsWrites = false, allow = [], payloads = false }, granted) {
  const named = allow.flatMap((text) => text.split(',')).map((name) => name.trim())
  const unknown = named.find((name) => !CHOICES.includes(name))
  if (unknown !== undefined) {
    throw new EramError('ERAM_CONFIG', `--allow: expected permissions among ${CHOICES.join(', ')}, got ${JSON.stringify(unknown)}`)
  }
  const given = new Set(['view', ...(allowsWrites ? WRITES : []), ...named, ...(payloads ? [PAYLOAD] : [])])
  return Object.fromEntries(['view', ...CHOICES].map((name) => [name, given.has(name) && (granted?.includes(name) ?? true)]))
}

/** The option that gives a permission. @param {string} permission */
export function hintFor(permission) {
  return permission === PAYLOAD ? 'its operator starts it with --payloads' : `its operator starts it with --allow ${permission}`
}
