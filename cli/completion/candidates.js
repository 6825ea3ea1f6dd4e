// What may come next on a command line, from the tables of commands and their options.

import { isGroup } from '../help.js'
import { optionsOf } from '../main.js'

/** @import { Command, Commands, Option } from '../main.js' */

/** @typedef {'queue' | 'worker'} NameKind  names that the database and the config have */

/**
 * @typedef {object} Candidates
 * @property {[string, string][]} words  each with what it means
 * @property {NameKind} [names]  also these
 * @property {string} [before]  what stands before a name in its word, such as 'a,' in a list
 * @property {boolean} [files]  also files
 */

/** How an argument is completed, by the placeholder of the option or the name of the operand. @type {Record<string, Partial<Candidates>>} */
const BY_PLACEHOLDER = {
  queue: { names: 'queue' },
  queues: { names: 'queue' },
  worker: { names: 'worker' },
  'worker-and-args': { names: 'worker' },
  file: { files: true },
  folder: { files: true },
}
/** Placeholders of lists with commas. */
const LISTS = ['queues']

/**
 * @param {Commands} commands
 * @param {string[]} words  after the program's name; the last is the one to complete
 * @returns {Candidates}
 */
export function candidatesOf(commands, words) {
  const [name = '', ...rest] = joined(words)
  const entries = Object.entries(commands)
  if (rest.length === 0) return { words: [...entries.map(summary), ['help', 'explain a command'], ['--version', 'show the version']] }
  if (name === 'help') return rest.length === 1 ? { words: entries.map(summary) } : { words: [] }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) return { words: [] }
  if (!isGroup(entry)) return ofCommand(entry, rest)
  const [verb = '', ...more] = rest
  if (more.length === 0) return { words: Object.entries(entry.commands).map(summary) }
  const command = Object.hasOwn(entry.commands, verb) ? entry.commands[verb] : undefined
  return command === undefined ? { words: [] } : ofCommand(command, more)
}

/**
 * Bash ends words at '=': --queue = mail.
 * @param {string[]} words
 */
function joined(words) {
  return words.flatMap((word, i) => {
    if (word !== '=' || !words[i - 1]?.startsWith('--')) return [word]
    return i === words.length - 1 ? [''] : []
  })
}

/** @param {[string, { summary: string }]} entry @returns {[string, string]} */
const summary = ([name, { summary }]) => [name, summary]

/** @param {Command} command @param {string[]} words @returns {Candidates} */
function ofCommand(command, words) {
  const options = optionsOf(command)
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const previous = optionNamed(options, before.at(-1))
  if (previous?.value !== undefined) return ofValue(previous.value, previous.choices, current)
  const [, flag, value] = /^--([\w-]+)=(.*)$/s.exec(current) ?? []
  if (flag !== undefined && value !== undefined) {
    const option = options[flag]
    const found = ofValue(option?.value ?? '', option?.choices, value)
    const head = `--${flag}=`
    return { ...found, words: found.words.map(([word, help]) => [head + word, help]), before: head + (found.before ?? '') }
  }
  if (current.startsWith('-')) return { words: flagsOf(options, before) }
  const isFirst = operandsIn(options, before) === 0
  const operand = command.operand ?? command.operands ?? command.optional
  if (operand === undefined) return { words: flagsOf(options, before) }
  const several = (command.operands ?? command.optional) && operand !== 'worker-and-args'
  return isFirst || several ? ofValue(operand, command.choices, current) : { words: [] }
}

/** @param {string} placeholder @param {readonly string[] | undefined} choices @param {string} current @returns {Candidates} */
function ofValue(placeholder, choices, current) {
  const found = BY_PLACEHOLDER[placeholder] ?? {}
  const words = (choices ?? []).map((choice) => /** @type {[string, string]} */ ([choice, '']))
  return { words, ...found, ...(LISTS.includes(placeholder) && { before: current.slice(0, current.lastIndexOf(',') + 1) }) }
}

/** The options that may still be given. @param {Record<string, Option>} options @param {string[]} before @returns {[string, string][]} */
function flagsOf(options, before) {
  const free = Object.entries(options).filter(
    ([name, { multiple }]) => multiple || !before.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)),
  )
  return free.map(([name, { help }]) => [`--${name}`, help])
}

/** @param {Record<string, Option>} options @param {string | undefined} word @returns {Option | undefined} */
function optionNamed(options, word = '') {
  if (word.startsWith('--')) return options[word.slice(2)]
  return Object.values(options).find(({ short }) => short !== undefined && word === `-${short}`)
}

/** How many words are operands: neither options nor their values. @param {Record<string, Option>} options @param {string[]} words */
function operandsIn(options, words) {
  return words.filter((word, i) => !word.startsWith('-') && optionNamed(options, words[i - 1])?.value === undefined).length
}
