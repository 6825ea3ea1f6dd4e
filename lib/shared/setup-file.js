// One file of the option `setup`: imports it, and checks what it exports.

import { EramError } from './errors.js'
import { importFile, typeScriptHint } from './import-file.js'
import { headline } from './serialize.js'
import { invalidOption, isObject } from './validate.js'

/** @import { OnError } from './error-reports.js' */
/** @import { Middleware } from './middleware.js' */

/**
 * Makes the instance that performs an attempt; may be asynchronous.
 * @typedef {(JobClass: new (...args: any[]) => any, ctx: any) => unknown} Create
 */

/**
 * What a setup file exports, checked.
 * @typedef {object} SetupFile
 * @property {(info: any) => unknown} [start]
 * @property {Create} [create]  its resolve, create or container
 * @property {(instance: any, ctx: any) => unknown} [release]
 * @property {Middleware} [middleware]  its enqueue, attempt and perform
 * @property {OnError} [onError]
 * @property {() => unknown} [stop]
 */

const FUNCTION = { expected: 'a function', fits: (/** @type {unknown} */ value) => typeof value === 'function' }
const CONTAINER = { expected: 'an object with a method get or resolve', fits: (/** @type {any} */ value) => createOf(value) !== undefined }

/** Each member, and what it has to be. */
const MEMBERS = {
  start: FUNCTION,
  resolve: FUNCTION,
  create: FUNCTION,
  container: CONTAINER,
  release: FUNCTION,
  enqueue: FUNCTION,
  attempt: FUNCTION,
  perform: FUNCTION,
  onError: FUNCTION,
  stop: FUNCTION,
}
/** Members of which a file has at most one, as each makes the instances of job classes. */
const MAKERS = ['resolve', 'create', 'container']
/** Exports that Node or a compiler adds to a module. */
const ADDED = ['default', '__esModule', 'module.exports']

/**
 * @param {string} path
 * @returns {Promise<SetupFile>}
 */
export async function importSetup(path) {
  const exports = await imported(path)
  const { default: whole, names } = contentsOf(path, exports)
  for (const name of names) checkName(path, name)
  /** @type {Record<string, any>} */
  const members = {}
  for (const [name, { expected, fits }] of Object.entries(MEMBERS)) {
    const owner = whole?.[name] === undefined ? exports : whole
    const value = owner[name]
    if (value === undefined) continue
    if (!fits(value)) throw invalidOption(`setup: ${path}: ${name}`, expected, value)
    // A method of the default export keeps its `this`.
    members[name] = typeof value === 'function' ? value.bind(owner) : value
  }
  const makers = MAKERS.filter((name) => name in members)
  if (makers.length > 1) throw invalidOption(`setup: ${path}`, `one of ${MAKERS.join(', ')}`, makers.join(' and '))
  const { start, resolve, create, container, release, enqueue, attempt, perform, onError, stop } = members
  const middleware = enqueue || attempt || perform ? { name: `of ${path}`, enqueue, attempt, perform } : undefined
  return { start, create: resolve ?? create ?? createOf(container), release, middleware, onError, stop }
}

/** @param {string} path @returns {Promise<Record<string, any>>} */
async function imported(path) {
  try {
    return await importFile(path)
  } catch (cause) {
    throw new EramError('ERAM_LOAD', `setup: expected to import ${path}, got ${headline(cause)}${typeScriptHint(cause)}`, { cause })
  }
}

/**
 * The default export, and the names that have to be members: all of a plain object; of the file only such names beside a default
 * export, as it may export other things too. An instance of a class has fields of its own.
 * @param {string} path
 * @param {Record<string, any>} exports
 */
function contentsOf(path, exports) {
  let whole = exports.default
  // What a compiler made of an ES module has its default export within that of CommonJS.
  if (whole?.__esModule && 'default' in whole) whole = whole.default
  if (whole !== undefined && !isObject(whole)) throw invalidOption(`setup: ${path}`, 'an object as its default export', whole)
  const named = Object.keys(exports).filter((name) => whole === undefined || name in MEMBERS)
  const own = isPlain(whole) ? Object.keys(whole) : []
  const names = [...own, ...named].filter((name) => !ADDED.includes(name))
  return { default: whole, names }
}

/** @param {object | undefined} value @returns {value is object} */
function isPlain(value) {
  return value !== undefined && [Object.prototype, null].includes(Object.getPrototypeOf(value))
}

/** @param {string} path @param {string} name */
function checkName(path, name) {
  if (name in MEMBERS) return
  const hint = 'with a default export, the file may export other names too'
  throw invalidOption(`setup: ${path}`, `only ${Object.keys(MEMBERS).join(', ')}`, name, hint)
}

/**
 * How a container gives an instance of a class.
 * @param {any} container
 * @returns {Create | undefined}
 */
function createOf(container) {
  if (typeof container?.get === 'function') return (JobClass) => container.get(JobClass)
  if (typeof container?.resolve === 'function') return (JobClass) => container.resolve(JobClass)
  return undefined
}
