// Runs the command line: finds the command, reads its options, runs it, and returns the exit code.

import { Console } from 'node:console'
import { createRequire } from 'node:module'
import { EramError } from '../index.js'
import { masked, shorten } from '../lib/shared/text.js'
import { readArguments, UsageError } from './arguments.js'
import { findConfig, preload, readConfig } from './config/index.js'
import { loadEnvFile } from './env-file.js'
import { groupHelp, helpOf, isGroup, overview } from './help.js'
import { terminal } from './terminal.js'

/** @import { Config } from './config/index.js' */
/** @import { Terminal } from './terminal.js' */

/**
 * @typedef {object} Option
 * @property {'string' | 'boolean'} type
 * @property {string} [short]
 * @property {string} [value]  placeholder of its value in the help; "N" takes whole numbers only
 * @property {boolean} [multiple]  may be given several times; its value is a list
 * @property {readonly string[]} [choices]  its values, for completion
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
 * @property {readonly string[]} [choices]  values of its operand, for completion
 * @property {true} [protocol]  standard output belongs to a protocol: what a config prints goes to standard error
 * @property {Record<string, number>} [codes]  exit codes of errors, by the code of the error; of others 2
 * @property {(values: Record<string, any>, terminal: Terminal, config?: Config) => Promise<number>} run  gives the exit code
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
export const NOT_MIGRATED = 3

/** Of this package. @type {{ version: string }} */
const { version } = createRequire(import.meta.url)('../package.json')

const HELP = /** @type {Option} */ ({ type: 'boolean', short: 'h', help: 'explain the command' })
const ENV_FILE = /** @type {Option} */ ({
  type: 'string',
  value: 'file',
  help: 'a file with variables such as DATABASE_URL (default: .env, if there is one)',
})
/** Of commands that read the config file. @type {Record<string, Option>} */
const CONFIG = {
  config: { type: 'string', value: 'file', help: 'the config file (default: eram.config.* here, or in the nearest folder above)' },
  import: { type: 'string', value: 'module', multiple: true, help: 'a module to import before the config, such as tsx' },
}
const JSON_OPTION = /** @type {Option} */ ({ type: 'boolean', help: 'print one JSON object, also for an error' })

/**
 * @param {Commands} commands
 * @param {string[]} args  of the command line
 * @param {Terminal} [io]
 * @returns {Promise<number>} the exit code
 */
export async function main(commands, args, io = terminal) {
  /** Exit codes of the command. @type {Record<string, number>} */
  let codes = {}
  try {
    const [name, command, rest] = find(commands, args)
    if (command === undefined) return explain(commands, rest, io)
    if (command === 'version') {
      io.print(version)
      return DONE
    }
    codes = command.codes ?? {}
    return await runCommand(name, command, rest, io)
  } catch (error) {
    return reportError(error, codes, args.includes('--json'), io)
  }
}

/**
 * The command that a command line names, and its arguments; undefined: it asks for help, about what the arguments name.
 * @param {Commands} commands
 * @param {string[]} args
 * @returns {[string, Command | 'version' | undefined, string[]]}
 */
function find(commands, [name = '--help', ...rest]) {
  if (isHelp(name)) return [name, undefined, rest]
  if (['--version', '-v'].includes(name)) return [name, 'version', rest]
  const entry = entryOf(commands, name)
  if (!isGroup(entry)) return [name, entry, rest]
  const [verb = '--help', ...operands] = rest
  return isHelp(verb) ? [name, undefined, [name, ...operands]] : [`${name} ${verb}`, verbOf(entry, name, verb), operands]
}

/** @param {string} word */
function isHelp(word) {
  return ['--help', '-h', 'help'].includes(word)
}

/**
 * @param {string} name
 * @param {Command} command
 * @param {string[]} args
 * @param {Terminal} io
 */
async function runCommand(name, command, args, io) {
  const options = optionsOf(command)
  const values = readArguments(options, args, command)
  if (values.help) {
    io.print(helpOf(name, command, options))
    return DONE
  }
  const { 'env-file': envFile, config: configFile, ...given } = values
  loadEnvFile(io.env, envFile)
  if (command.protocol) globalThis.console = new Console(process.stderr)
  if (!isConfigured(command)) return await command.run(given, io)
  await preload(given.import ?? [])
  const file = findConfig(configFile)
  const config = file === undefined ? undefined : await readConfig(file, { command: name, env: io.env })
  return await command.run({ ...addressOf(config, given), ...given }, io, config)
}

/**
 * The database that the config names, unless the command line does.
 * @param {Config | undefined} config
 * @param {Record<string, any>} given
 */
function addressOf(config, given) {
  const { url, driver, prefix } = config?.start ?? {}
  const database = given.url === undefined ? { url, driver } : {}
  return Object.fromEntries(Object.entries({ ...database, prefix }).filter(([, value]) => value !== undefined))
}

/** Whether a command reads the config: all that work on a schema do. @param {Command} command */
export function isConfigured({ options }) {
  return 'prefix' in options
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
  throw new UsageError(
    `expected a command (${Object.keys(commands).join(', ')}), got ${JSON.stringify(shorten(name))}; see npx eramjs --help`,
  )
}

/** @param {Group} group @param {string} name @param {string} verb @returns {Command} */
function verbOf({ commands }, name, verb) {
  const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined
  if (command) return command
  throw new UsageError(
    `${name}: expected a command (${Object.keys(commands).join(', ')}), got ${JSON.stringify(shorten(verb))}; see npx eramjs ${name} --help`,
  )
}

/** @param {Command} command @returns {Record<string, Option>} */
export function optionsOf(command) {
  return { ...command.options, ...(isConfigured(command) ? CONFIG : {}), 'env-file': ENV_FILE, json: JSON_OPTION, help: HELP }
}

/**
 * @param {unknown} error
 * @param {Record<string, number>} codes
 * @param {boolean} json
 * @param {Terminal} io
 */
function reportError(error, codes, json, io) {
  const known = error instanceof EramError || error instanceof UsageError
  const code = error instanceof EramError ? error.code : error instanceof UsageError ? 'USAGE' : 'ERAM_INTERNAL'
  const message = known ? error.message : masked(error instanceof Error ? (error.stack ?? error.message) : String(error))
  if (json) io.print(JSON.stringify({ error: { code, message } }))
  else io.warn(error instanceof EramError ? `eramjs: ${code}: ${message}` : `eramjs: ${message}`)
  return codes[code] ?? FAILED
}
