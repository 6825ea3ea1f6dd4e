// Builds the JSON text of a draft: checks its options over those of its class, and splices its arguments in.

import { argsText, optionsToJson, STORED_DEFAULTS } from '../shared/draft.js'
import { CLASS_OPTION_KEYS, JOB_OPTION_KEYS } from '../shared/option-keys.js'
import { dueOf } from './due.js'
import { DEFAULTS, membersOf, optionsOf } from './options.js'
import { flagOf, member, only, refused, textOf } from './read.js'

/** @import { JobOptions } from './options.js' */

/**
 * The options of a class.
 * @param {string} name
 * @param {Record<string, unknown>} options
 * @returns {JobOptions}
 */
export function classOptions(name, options) {
  const at = { value: JSON.parse(optionsToJson(options, name)), path: name }
  only(at, CLASS_OPTION_KEYS)
  // The backoff of a class is that of the time of the failure.
  return { ...optionsOf(at, DEFAULTS), backoff: null, given: givenOf(at) }
}

/** Options that a draft has if they were given, whatever they are: the queue may have other defaults. @param {{ value: Record<string, unknown> }} at */
function givenOf({ value }) {
  return STORED_DEFAULTS.filter((key) => (value[key] ?? null) !== null)
}

/** Enqueue middleware has the member for what it carries, as src/model/draft/mod.rs says. */
const CONTEXT = 'expected no member context, got one; enqueue middleware sets it: draft.context({ … })'

/**
 * The text of a draft, and its beginning, which has all but the arguments.
 * @param {string} name  of the worker
 * @param {unknown} args
 * @param {Record<string, unknown>} options
 * @param {{ base?: JobOptions, max_args_bytes?: number | undefined }} [given]  base: options of the class
 */
export function draftText(name, args, options, { base = DEFAULTS, max_args_bytes } = {}) {
  const text = argsText(args, `${name}.args`, max_args_bytes)
  const head = draftHead(name, options, base)
  return { head, text: `${head},"args":${text}}` }
}

/**
 * The beginning of a draft's text, which has all but the arguments.
 * @param {string} name  of the worker
 * @param {Record<string, unknown>} options
 * @param {JobOptions} [base]  options of the class
 */
export function draftHead(name, options, base = DEFAULTS) {
  const at = { value: JSON.parse(optionsToJson(options, name)), path: checkedName(name) }
  only(at, JOB_OPTION_KEYS)
  const own = optionsOf(at, base)
  const all = member(at, 'profile', flagOf, false) ? { ...own, meta: { ...own.meta, profile_attempt: 1 } } : own
  if ('context' in all.meta) throw refused({ ...at, path: `${at.path}.meta` }, CONTEXT)
  const given = Object.fromEntries([...(base.given ?? []), ...givenOf(at)].map((key) => [key, all[key]]))
  const draft = { worker: at.path, ...given, ...membersOf(all), ...dueOf(at) }
  return JSON.stringify(draft).slice(0, -1)
}

/** @param {string} name @returns {string} */
export function checkedName(name) {
  // As a text is encoded for the engine.
  const value = name.replace(/[\ud800-\udfff]/gu, '\ufffd')
  const at = { value, path: 'worker' }
  if (value.includes('\0')) throw refused(at, 'expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)')
  return textOf(at, 127)
}
