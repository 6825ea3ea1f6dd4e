// What applications put into jobs: hidden from callers who must not see it, and redacted where it is secret.

import { ApiError } from './errors.js'

/** @import { Access } from './access.js' */

/** @typedef {any} Json */
/** @typedef {ReturnType<typeof redactionOf>} Redaction */

export const REDACTED = '[redacted]'
const ROOTS = ['args', 'meta', 'result']
/** Members of rows that have a payload; those that are not roots are only hidden. */
const PAYLOAD = [...ROOTS, 'errors', 'error', 'logs', 'progress', 'options']

/**
 * @param {string[]} paths  'args.card.*'; without a root, a name at any depth
 */
export function redactionOf(paths) {
  const rules = paths.map((path) => path.split('.'))
  const rooted = rules.filter(([root = '', ...rest]) => ROOTS.includes(root) && rest.length > 0)
  const names = new Set(rules.filter((rule) => !rooted.includes(rule)).map((rule) => rule.join('.').toLowerCase()))
  const keys = [...names, ...rooted.flatMap((rule) => rule.findLast((part) => part !== '*')?.toLowerCase() ?? [])]
  return {
    isEmpty: rules.length === 0,
    /** Whether a member is secret. @param {string[]} path */
    covers: (path) => names.has((path.at(-1) ?? '').toLowerCase()) || rooted.some((rule) => matches(rule, path)),
    /** Whether a text mentions what is secret. @param {string} text */
    mentioned: (text) => keys.some((key) => text.toLowerCase().replaceAll(/["\\]/g, '').includes(key)),
    /** Cuts a piece of JSON before the first secret. @param {string} text */
    cut: (text) => cutBefore(text, keys),
  }
}

/** @param {string[]} rule @param {string[]} path */
function matches(rule, path) {
  return rule.length === path.length && rule.every((part, at) => part === '*' || part === path[at])
}

/** @param {string} text  the beginning of JSON @param {string[]} keys */
function cutBefore(text, keys) {
  const places = keys.map((key) => text.toLowerCase().indexOf(`${JSON.stringify(key)}:`)).filter((place) => place >= 0)
  return places.length === 0 ? text : `${text.slice(0, Math.min(...places))}${REDACTED}`
}

/**
 * Hides or redacts the payload in an answer, in place.
 * @param {Json} value
 * @param {Access} access
 * @param {Redaction} redaction
 */
export function protect(value, access, redaction) {
  const isHidden = !access.may('jobs:view_payload')
  if (isHidden || !redaction.isEmpty) visit(value, isHidden, redaction)
}

/** @param {Json} value @param {boolean} isHidden @param {Redaction} redaction */
function visit(value, isHidden, redaction) {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) visit(item, isHidden, redaction)
    return
  }
  for (const [key, member] of Object.entries(value)) {
    if (!PAYLOAD.includes(key)) visit(member, isHidden, redaction)
    else if (isHidden) value[key] = null
    else if (key === 'args' && typeof member === 'string') value[key] = redaction.cut(member)
    else if (ROOTS.includes(key)) value[key] = redacted(member, [key], redaction)
    // The options of a cron entry have the meta of its jobs.
    else if (key === 'options') visit(member, isHidden, redaction)
  }
}

/** @param {Json} value @param {string[]} path @param {Redaction} redaction @returns {Json} */
function redacted(value, path, redaction) {
  if (path.length > 1 && redaction.covers(path)) return REDACTED
  if (Array.isArray(value)) return value.map((item, at) => redacted(item, [...path, String(at)], redaction))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = Object.entries(value).map(([key, member]) => [key, redacted(member, [...path, key], redaction)])
  return Object.fromEntries(entries)
}

/**
 * Refuses conditions from whose answer a caller could learn what is not shown.
 * @param {Record<string, Json>} filter
 * @param {Access} access
 * @param {Redaction} redaction
 */
export function refuseProbing({ text, ...filter }, access, redaction) {
  const conditions = { args: filter.args, meta: filter.meta }
  const isProbing = Object.values(conditions).some((condition) => condition !== undefined)
  if (!access.may('jobs:view_payload')) {
    if (isProbing || (typeof text === 'string' && /\b(args|meta|error|result|has)\b/i.test(text))) {
      throw new ApiError('FORBIDDEN', 'expected no condition on what jobs contain, which you may not see', {
        permission: 'jobs:view_payload',
      })
    }
  }
  if (redaction.isEmpty) return
  const isSecret = Object.entries(conditions).some(
    ([root, condition]) => JSON.stringify(redacted(condition, [root], redaction)) !== JSON.stringify(condition),
  )
  if (isSecret || (typeof text === 'string' && redaction.mentioned(text))) {
    throw new ApiError('FORBIDDEN', 'expected no condition on a member that is redacted')
  }
}
