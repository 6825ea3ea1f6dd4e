// Makes options of what a remote caller sends: parts of the path, the query, and a body.

import { EramError } from '../../shared/errors.js'
import { parseExact } from '../../shared/exact.js'
import { isRecord, shown } from '../../shared/validate.js'
import { problemOf, roundingProblem } from './check.js'

/** @import { Options } from '../operation.js' */
/** @import { Parameter, Route } from './routes.js' */

/**
 * @param {Route} route
 * @param {{ path: Record<string, string>, query: URLSearchParams, body: unknown }} given
 * @returns {Options}
 * @throws {EramError} `ERAM_CONFIG`, with the parameter as `field`
 */
export function readInput({ name, parameters }, { path, query, body }) {
  /** @type {Options} */
  const options = {}
  const members = bodyOf(name, body)
  refuseOthers(name, parameters, 'query', [...query.keys()])
  refuseOthers(name, parameters, 'body', Object.keys(members))
  for (const parameter of parameters) {
    const value = givenFor(parameter, { path, query, members })
    if (value === undefined) {
      if (parameter.required) throw wrong(name, parameter.name, 'expected a value, got none')
      continue
    }
    const problem = problemOf(value, parameter.schema) ?? (parameter.option.rounded && roundingProblem(value))
    if (problem) throw wrong(name, parameter.name, problem)
    options[parameter.name] = value
  }
  return options
}

/** @param {Parameter} parameter @param {{ path: Record<string, string>, query: URLSearchParams, members: Record<string, unknown> }} given */
function givenFor({ name, place, query: form, schema }, { path, query, members }) {
  if (place === 'body') return Object.hasOwn(members, name) ? (members[name] ?? undefined) : undefined
  const texts = place === 'path' ? [path[name] ?? ''] : query.getAll(name)
  const [first] = texts
  if (first === undefined) return undefined
  if (form === 'list') return texts.length === 1 ? listed(first, schema) : texts.map((text) => listed(text, schema))
  if (texts.length > 1) throw wrong('query', name, 'expected one value, got several')
  if (form === 'number' && /^-?\d+$/.test(first)) return Number(first)
  if (form === 'json' || (form === 'number' && /^[[{]/.test(first))) return parsed(name, first)
  return first
}

/** One of a list: a number where numbers are expected. @param {string} text @param {any} schema */
function listed(text, { anyOf: [one] }) {
  return one.type === 'integer' && /^\d+$/.test(text) ? Number(text) : text
}

/** @param {string} name @param {string} text */
function parsed(name, text) {
  try {
    return parseExact(text)
  } catch {
    throw wrong('query', name, `expected JSON, got ${shown(text)}`)
  }
}

/** @param {string} subject @param {unknown} body @returns {Record<string, unknown>} */
function bodyOf(subject, body) {
  if (body === undefined) return {}
  if (isRecord(body)) return body
  throw wrong(subject, 'body', `expected an object, got ${shown(body)}`)
}

/** @param {string} subject @param {Parameter[]} parameters @param {'query' | 'body'} place @param {string[]} given */
function refuseOthers(subject, parameters, place, given) {
  const known = parameters.filter((parameter) => parameter.place === place).map(({ name }) => name)
  const other = given.find((name) => !known.includes(name))
  if (other === undefined) return
  throw wrong(
    subject,
    other.slice(0, 80),
    `expected ${known.length === 0 ? `nothing in the ${place}` : known.join(', ')}, got ${shown(other)}`,
  )
}

/** @param {string} subject @param {string} field @param {string} problem */
function wrong(subject, field, problem) {
  return Object.assign(new EramError('ERAM_CONFIG', `${subject}.${field}: ${problem}`), { field })
}
