// Reads the arguments of a command, as its table of options says.

import { parseArgs } from 'node:util'
import { message, shorten } from '../lib/shared/text.js'

/** @import { ParseArgsConfig } from 'node:util' */
/** @import { Command, Option } from './main.js' */

/** The command line is not valid. */
export class UsageError extends Error {
  /** @param {string} text */
  constructor(text) {
    super(message(text))
  }
}

/**
 * @param {Record<string, Option>} options
 * @param {string[]} args
 * @param {Pick<Command, 'operand' | 'operands' | 'optional'>} command
 * @returns {Record<string, any>}
 */
export function readArguments(options, args, { operand, operands, optional }) {
  const name = operand ?? operands ?? optional
  let parsed
  try {
    parsed = parseArgs({ args, options: /** @type {ParseArgsConfig['options']} */ (options), allowPositionals: name !== undefined })
  } catch (error) {
    throw new UsageError(reworded(/** @type {NodeJS.ErrnoException} */ (error), options))
  }
  const values = Object.entries(parsed.values).map(([name, value]) => [
    name,
    options[name]?.value === 'N' ? wholeNumber(name, value) : value,
  ])
  if (name === undefined || 'help' in parsed.values) return Object.fromEntries(values)
  const { positionals } = parsed
  if ((positionals.length === 0 && optional === undefined) || (operand !== undefined && positionals.length > 1)) {
    const got = positionals.length === 0 ? 'none' : JSON.stringify(shorten(positionals.join(' ')))
    throw new UsageError(`expected ${operand === undefined ? 'at least ' : ''}one ${name}, got ${got}`)
  }
  return Object.fromEntries([...values, [name, operand === undefined ? positionals : positionals[0]]])
}

/** @param {string} name @param {unknown} text */
function wholeNumber(name, text) {
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`--${name}: expected a whole number of 0 or more, got ${JSON.stringify(shorten(String(text)))}`)
}

/**
 * The message for an error of node:util about a wrong option.
 * @param {NodeJS.ErrnoException} error
 * @param {Record<string, Option>} options
 */
function reworded({ code, message: text }, options) {
  const [, word = ''] = /'([^']*)'/.exec(text) ?? []
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `expected one of ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(', ')}, got ${shorten(word)}`
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `expected only options after the command, got ${JSON.stringify(shorten(word))}`
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return `${word.replace(/^-\w, /, '').replace(/ .*/, '')}: ${/does not take/.test(text) ? 'expected no value, got one' : 'expected a value, got none'}`
    default:
      return text
  }
}
