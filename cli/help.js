// The text of --help, from the same tables that parse the command line.

/** @import { Command, Commands, Group, Option } from './main.js' */

const DATABASE = `The database is given by --url, else by the config file, else by DATABASE_URL, else by PGHOST and the other PG…
variables. Variables of the environment take precedence over those of .env.`

const EXIT_CODES = `Exit codes:
  0  done; for status: the schema is at the version of this package
  1  no; for status: it is at another version; for rollback: it was not confirmed;
     for worker --once: jobs were discarded, or the budget was over and jobs are left; for doctor: a check failed
  2  an error, printed to standard error
  3  for worker: the schema is not migrated`

/** @param {Commands} commands */
export function overview(commands) {
  const rows = Object.entries(commands).map(([name, { summary }]) => /** @type {[string, string]} */ ([name, summary]))
  return `Usage: eramjs <command> [options]

Commands:
${table(rows)}

${DATABASE}
eramjs <command> --help explains a command; eramjs --version shows the version.

${EXIT_CODES}`
}

/** @param {Command | Group} entry @returns {entry is Group} */
export function isGroup(entry) {
  return 'commands' in entry
}

/** @param {string} name @param {Group} group */
export function groupHelp(name, { summary, commands }) {
  const rows = Object.entries(commands).map(([verb, command]) => /** @type {[string, string]} */ ([verb, command.summary]))
  return `Usage: eramjs ${name} <command> [options]

${summary}.

Commands:
${table(rows)}

eramjs ${name} <command> --help explains a command.`
}

/**
 * @param {string} name
 * @param {Command} command
 * @param {Record<string, Option>} options
 */
export function helpOf(name, { summary, about, operand, operands, optional }, options) {
  const rows = Object.entries(options).map(([key, option]) => /** @type {[string, string]} */ ([flags(key, option), option.help]))
  return `Usage: eramjs ${name}${operand ? ` <${operand}>` : ''}${operands ? ` <${operands}> …` : ''}${optional ? ` [${optional}] …` : ''} [options]

${`${summary}. ${about}`.trim()}

Options:
${table(rows)}
${'url' in options ? `\n${DATABASE}\n` : ''}
${EXIT_CODES}`
}

/** @param {string} name @param {Option} option */
function flags(name, { short, value }) {
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` <${value}>` : ''}`
}

/** @param {[string, string][]} rows */
function table(rows) {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
