// Asks before a command changes much.

import { NO } from './main.js'

/** @import { Terminal } from './terminal.js' */

/**
 * Asks for a word as the confirmation; resolves to the reason why nothing must be changed, or null.
 * @param {Terminal} io
 * @param {string} question
 * @param {string} word
 */
export async function refusalOf(io, question, word) {
  if (!io.interactive) return 'expected --yes, because without a terminal the confirmation cannot be asked for; nothing was changed'
  const answer = (await io.ask(question)).trim()
  return answer === word ? null : `expected ${JSON.stringify(word)}, got ${JSON.stringify(answer)}; nothing was changed`
}

/**
 * Prints why the command changed nothing; returns the exit code.
 * @param {string} command
 * @param {string} refusal
 * @param {boolean} json
 * @param {Terminal} io
 */
export function refused(command, refusal, json, io) {
  if (json) io.print(JSON.stringify({ error: { code: 'NOT_CONFIRMED', message: refusal } }))
  else io.warn(`eramjs: ${command}: ${refusal}`)
  return NO
}
