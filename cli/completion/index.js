// The completion of a shell: a script, which asks this program for the words that may come next.

import { candidatesOf } from './candidates.js'
import { namesOf } from './names.js'

/** @import { Commands } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

/** The first argument with which a script asks. */
export const COMPLETE = '__complete'
/** A line that stands for the files of the working directory. */
const FILES = ':files'

/**
 * Prints the candidates for the last word, one a line, with a tab before what each means.
 * @param {Commands} commands
 * @param {string[]} words  after the program's name
 * @param {Terminal} io
 */
export async function complete(commands, words, io) {
  const { words: found, names, before = '', files } = candidatesOf(commands, words)
  const named = names === undefined ? [] : await namesOf(names, words, io)
  const current = words.at(-1) === '=' ? '' : (words.at(-1) ?? '')
  const lines = [...found, ...named.map((name) => [before + name, ''])]
    .filter(([word = '']) => word.startsWith(current))
    .map(([word, help]) => (help ? `${word}\t${help}` : String(word)))
  if (files) lines.push(FILES)
  if (lines.length > 0) io.print(lines.join('\n'))
}
