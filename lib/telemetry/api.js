// Loads @opentelemetry/api of the application, and calls it so that no error of a tracer reaches a job.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { importPath } from '../shared/context.js'
import { EramError } from '../shared/errors.js'

/** @typedef {any} Api  the module */
/** @typedef {any} Span */

const NAME = '@opentelemetry/api'

/** As the API numbers them. */
export const KIND = { CLIENT: 2, PRODUCER: 3, CONSUMER: 4 }
const ERROR = 2

/** Versions of the API share their state by a global symbol, so it may be any copy. @returns {Promise<Api>} */
export async function loadApi() {
  for (const place of [process.argv[1], join(process.cwd(), 'any.js'), import.meta.url]) {
    if (place === undefined) continue
    let path
    try {
      path = createRequire(place).resolve(NAME)
    } catch {
      continue
    }
    const module = await importPath(path)
    return { ...module.default, ...module }
  }
  throw new EramError('ERAM_CONFIG', `otel: expected the package ${NAME} in your project, could not find it; npm install ${NAME}`)
}

/**
 * @template T
 * @param {() => T} fn
 * @returns {T | undefined}
 */
export function safely(fn) {
  try {
    return fn()
  } catch {
    return undefined
  }
}

/**
 * Runs `fn` with a context of the tracer, or without one if it cannot.
 * @template T
 * @param {Api} api
 * @param {any} context  undefined: without one
 * @param {() => T} fn
 * @returns {T}
 */
export function within({ context: contexts }, context, fn) {
  if (context === undefined) return fn()
  let begun = false
  const run = () => {
    begun = true
    return fn()
  }
  try {
    return contexts.with(context, run)
  } catch (error) {
    if (begun) throw error
    return fn()
  }
}

/**
 * @param {Span} span
 * @param {unknown} error
 * @param {string} [type]  in place of the error's name
 */
export function fail(span, error, type) {
  safely(() => {
    const { name, message } = /** @type {{ name?: unknown, message?: unknown }} */ (error ?? {})
    span.setAttribute('error.type', type ?? (typeof name === 'string' && name !== '' ? name : '_OTHER'))
    span.setStatus({ code: ERROR, message: typeof message === 'string' ? message : String(error) })
    span.recordException(error instanceof Error ? error : { name: '_OTHER', message: String(error) })
  })
}
