// Makes a command of an operation: its summary, its help and its options come from the table.

import { EramError } from '../index.js'
import { KINDS, operationNamed, perform } from '../lib/operations/index.js'
import { Schema } from './schema.js'

/** @import { Kind } from '../lib/operations/kinds.js' */
/** @import { Operation, Option as OperationOption } from '../lib/operations/operation.js' */
/** @import { Option } from './main.js' */
/** @import { Terminal } from './terminal.js' */

/** The options that say which database and schema. */
export const ADDRESS = flagsOf(operationNamed('schema.status'))

/**
 * What `main` and the help need to know of the command of an operation.
 * @param {string} name  of the operation
 * @param {{ about?: string, options?: Record<string, Option> }} [more]  what only the command has: a text, options
 */
export function describe(name, more = {}) {
  const operation = operationNamed(name)
  const { summary } = operation
  const about = [operation.about, more.about].filter(Boolean).join('\n')
  const options = { ...(isOnSchema(operation) ? {} : ADDRESS), ...flagsOf(operation), ...more.options }
  return { summary, about, operand: operandOf(operation), options }
}

/**
 * Performs an operation on an engine that serves no queues, with the options of the command line.
 * @param {string} name
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function onEngine(name, values, io) {
  const operation = operationNamed(name)
  const options = optionsOf(operation, values)
  return new Schema(values, io).engine((engine) => perform(operation, engine, options))
}

/** The options of a command line. @param {Operation} operation @param {Record<string, any>} values */
function optionsOf(operation, values) {
  /** @type {Record<string, any>} */
  const options = {}
  for (const [key, { required, kind }] of Object.entries(operation.options)) {
    const value = values[key === operandOf(operation) ? key : flagOf(key)]
    if (value !== undefined) options[key] = value
    else if (required)
      throw new EramError('ERAM_CONFIG', `${operation.command}: expected --${flagOf(key)} ${kindOf(kind).placeholder}, got none`)
  }
  return options
}

/** The argument that the command requires besides options. @param {Operation} operation */
function operandOf({ options }) {
  return Object.keys(options).find((key) => options[key]?.kind === 'queue' || options[key]?.operand)
}

/** @param {Operation} operation @returns {Record<string, Option>} */
function flagsOf({ options }) {
  const shown = Object.entries(options).filter(
    ([, { kind, flag, operand }]) => flag !== false && !operand && (kindOf(kind).flag || kindOf(kind).placeholder),
  )
  return Object.fromEntries(shown.map(([key, option]) => [flagOf(key), toFlag(option)]))
}

/** @param {OperationOption} option @returns {Option} */
function toFlag({ kind, meaning, default: usual }) {
  const { placeholder } = kindOf(kind)
  return {
    type: placeholder ? 'string' : 'boolean',
    ...(placeholder && { value: placeholder }),
    help: usual ? `${meaning} (default: ${usual})` : meaning,
  }
}

/** @param {keyof typeof KINDS} kind @returns {Kind} */
function kindOf(kind) {
  return KINDS[kind]
}

/** @param {string} key */
function flagOf(key) {
  return key.replaceAll('_', '-')
}

/** Whether it needs no engine. @param {Operation} operation */
function isOnSchema({ name }) {
  return name.startsWith('schema.')
}
