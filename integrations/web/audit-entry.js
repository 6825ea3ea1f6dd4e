// What a row about a change says of it: the target, and the options without what applications put into jobs.

/** Options that have what applications put into jobs. */
const PAYLOAD = ['args', 'meta', 'entry', 'changes']
/** Conditions that name it. */
const PROBES = /\b(args|meta|error|errors|result|has)\b/i
/** Characters of options, as JSON. */
const LONGEST = 4000
const HIDDEN = '…'

/** A user in a line. @param {unknown} user */
export function labelOf(user) {
  if (typeof user !== 'object' || user === null) return user === undefined ? null : user
  const { name, email, id } = /** @type {Record<string, unknown>} */ (user)
  return [name, email, id].find((each) => typeof each === 'string' || typeof each === 'number') ?? 'a user'
}

/** @param {Record<string, unknown>} options */
export function shownOptions(options) {
  const shown = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, shownOption(key, value)]))
  const text = JSON.stringify(shown)
  return text.length > LONGEST ? { truncated: text.slice(0, LONGEST) } : shown
}

/** @param {string} key @param {unknown} value @returns {unknown} */
function shownOption(key, value) {
  if (PAYLOAD.includes(key) || (key === 'text' && typeof value === 'string' && PROBES.test(value))) return HIDDEN
  // The conditions of a filter.
  return key === 'which' && typeof value === 'object' && value !== null && !Array.isArray(value)
    ? shownOptions(/** @type {Record<string, unknown>} */ (value))
    : value
}

/**
 * What a call is to change.
 * @param {string} operation
 * @param {Record<string, any>} options
 * @param {any} value  the answer
 * @returns {string | null}
 */
export function targetOf(operation, { which, name, queue, id, entry }, value) {
  if (operation.startsWith('cron.')) return textOf('cron', name ?? value?.name ?? nameOf(entry))
  if (operation === 'jobs.enqueue' && value) return textOf('job', value.id)
  if (operation.startsWith('jobs.') && operation !== 'jobs.enqueue') return jobsOf(which ?? id)
  if (operation === 'resignLeader') return name === undefined ? 'leader' : textOf('leader', name)
  return textOf('queue', queue)
}

/** @param {unknown} which */
function jobsOf(which) {
  const [only, ...others] = Array.isArray(which) ? which : [which]
  return others.length === 0 && typeof only === 'number' ? `job:${only}` : 'jobs'
}

/** @param {any} entry  of crons */
function nameOf(entry) {
  return Array.isArray(entry) ? entry[3]?.name : entry?.name
}

/** @param {string} kind @param {unknown} name */
function textOf(kind, name) {
  return typeof name === 'string' || typeof name === 'number' ? `${kind}:${name}` : null
}

/**
 * The same, as PostgreSQL can store it: without NUL and halves of characters.
 * @param {any} value
 * @returns {any}
 */
export function cleaned(value) {
  // Halves of characters are replaced on the way to UTF-8.
  if (typeof value === 'string') return Buffer.from(value.replaceAll('\0', '')).toString()
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleaned(key), cleaned(member)]))
}
