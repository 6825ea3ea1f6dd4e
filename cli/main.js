// Runs the command line: finds the command, reads its options, runs it, and returns the exit code.

import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { EramError } from '../index.js'
import { loadEnvFile } from './env-file.js'
import { groupHelp, helpOf, isGroup, overview } from './help.js'
import { terminal } from './terminal.js'

/** @import { ParseArgsConfig } from 'node:util' */
/** @import { Terminal } from './terminal.js' */

/**
 * @typedef {object} Option
 * @property {'string' | 'boolean'} type
 * @property {string} [short]
 * @property {string} [value]  placeholder of its value in the help; "N" takes whole numbers only
 * @property {boolean} [multiple]  may be given several times; its value is a list
 * @property {string} help
 */

/**
 * @typedef {object} Command
 * @property {string} summary
 * @property {string} about
 * @property {Record<string, Option>} options
 * @property {string} [operand]  the one argument that it requires besides options; in `values[operand]`
 * @property {string} [operands]  the arguments that it requires besides options, one or more; a list in `values[operands]`
 * @property {string} [optional]  the arguments that it may have besides options; a list in `values[optional]`
 * @property {(values: Record<string, any>, terminal: Terminal) => Promise<number>} run  gives the exit code
 */

/**
 * Commands that share a first word: `jobs list`, `jobs show`.
 * @typedef {object} Group
 * @property {string} summary
 * @property {Record<string, Command>} commands
 */

/** @typedef {Record<string, Command | Group>} Commands */

/** Exit codes, as `--help` explains them. */
export const DONE = 0
export const NO = 1
const FAILED = 2

/** Of this package. @type {{ version: string }} */
const { version } = createRequire(import.meta.url)('../package.json')

/** The command line is not valid. */
class UsageError extends Error {}

const HELP = /** @type {Option} */ ({ type: 'boolean', short: 'h', help: 'explain the command' })
const ENV_FILE = /** @type {Option} */ ({
  type: 'string',
  value: 'file',
  help: 'a file with variables such as DATABASE_URL (default: .env, if there is one)',
})
const JSON_OPTION = /** @type {Option} */ ({ type: 'boolean', help: 'print one JSON object, also for an error' })

/**
 * @param {Commands} commands
 * @param {string[]} args  of the command line
 * @param {Terminal} [io]
 * @returns {Promise<number>} the exit code
 */
export async function main(commands, args, io = terminal) {
  const [name = '--help', ...rest] = args
  try {
    if (['--help', '-h', 'help'].includes(name)) return explain(commands, rest, io)
    if (['--version', '-v'].includes(name)) {
      io.print(version)
      return DONE
    }
    const entry = entryOf(commands, name)
    if (!isGroup(entry)) return await runCommand(name, entry, rest, io)
    const [verb = '--help', ...operands] = rest
    if (['--help', '-h', 'help'].includes(verb)) return explain(commands, [name, ...operands], io)
    return await runCommand(`${name} ${verb}`, verbOf(entry, name, verb), operands, io)
  } catch (error) {
    return reportError(error, rest.includes('--json'), io)
  }
}

/**
 * @param {string} name
 * @param {Command} command
 * @param {string[]} args
 * @param {Terminal} io
 */
async function runCommand(name, command, args, io) {
  const options = optionsOf(command)
  const values = read(options, args, command)
  if (values.help) {
    io.print(helpOf(name, command, options))
    return DONE
  }
  const { 'env-file': file, ...given } = values
  loadEnvFile(io.env, file)
  return await command.run(given, io)
}

/**
 * @param {Commands} commands
 * @param {string[]} args
 * @param {Terminal} io
 */
function explain(commands, [name, verb], io) {
  if (name === undefined) {
    io.print(overview(commands))
    return DONE
  }
  const entry = entryOf(commands, name)
  if (isGroup(entry) && verb === undefined) io.print(groupHelp(name, entry))
  else {
    const command = isGroup(entry) ? verbOf(entry, name, verb ?? '') : entry
    io.print(helpOf(isGroup(entry) ? `${name} ${verb}` : name, command, optionsOf(command)))
  }
  return DONE
}

/** @param {Commands} commands @param {string} name @returns {Command | Group} */
function entryOf(commands, name) {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry) return entry
  throw new UsageError(`expected a command (${Object.keys(commands).join(', ')}), got ${JSON.stringify(name)}; see npx eramjs --help`)
}

/** @param {Group} group @param {string} name @param {string} verb @returns {Command} */
function verbOf({ commands }, name, verb) {
  const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined
  if (command) return command
  throw new UsageError(
    `${name}: expected a command (${Object.keys(commands).join(', ')}), got ${JSON.stringify(verb)}; see npx eramjs ${name} --help`,
  )
}

/** @param {Command} command @returns {Record<string, Option>} */
function optionsOf({ options }) {
  return { ...options, 'env-file': ENV_FILE, json: JSON_OPTION, help: HELP }
}

/**
 * @param {Record<string, Option>} options
 * @param {string[]} args
 * @param {Pick<Command, 'operand' | 'operands' | 'optional'>} command
 * @returns {Record<string, any>}
 */
function read(options, args, { operand, operands, optional }) {
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
    const got = positionals.length === 0 ? 'none' : JSON.stringify(positionals.join(' '))
    throw new UsageError(`expected ${operand === undefined ? 'at least ' : ''}one ${name}, got ${got}`)
  }
  return Object.fromEntries([...values, [name, operand === undefined ? positionals : positionals[0]]])
}

/** @param {string} name @param {unknown} text */
function wholeNumber(name, text) {
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`--${name}: expected a whole number of 0 or more, got ${JSON.stringify(text)}`)
}

/**
 * The message for an error of node:util about a wrong option.
 * @param {NodeJS.ErrnoException} error
 * @param {Record<string, Option>} options
 */
function reworded({ code, message }, options) {
  const [, word = ''] = /'([^']*)'/.exec(message) ?? []
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `expected one of ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(', ')}, got ${word}`
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `expected only options after the command, got ${JSON.stringify(word)}`
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return `${word.replace(/^-\w, /, '').replace(/ .*/, '')}: ${/does not take/.test(message) ? 'expected no value, got one' : 'expected a value, got none'}`
    default:
      return message
  }
}

/**
 * @param {unknown} error
 * @param {boolean} json
 * @param {Terminal} io
 */
function reportError(error, json, io) {
  const known = error instanceof EramError || error instanceof UsageError
  const code = error instanceof EramError ? error.code : error instanceof UsageError ? 'USAGE' : 'ERAM_INTERNAL'
  const message = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (json) io.print(JSON.stringify({ error: { code, message } }))
  else io.warn(error instanceof EramError ? `eramjs: ${code}: ${message}` : `eramjs: ${message}`)
  return FAILED
}
