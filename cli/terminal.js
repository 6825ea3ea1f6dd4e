// The terminal of a command: its output, its prompts, and the environment variables.

import { createInterface } from 'node:readline/promises'

/**
 * @typedef {object} Terminal
 * @property {(text: string) => void} print  the result, to standard output
 * @property {(text: string) => void} warn  messages, to standard error
 * @property {() => void} clear  clears the screen, if standard output is one
 * @property {boolean} interactive  whether it can prompt
 * @property {(question: string) => Promise<string>} ask
 * @property {() => AsyncIterable<string>} lines  those of standard input
 * @property {Record<string, string | undefined>} env
 */

/** @type {Terminal} */
export const terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  warn: (text) => void process.stderr.write(`${text}\n`),
  clear: () => void (process.stdout.isTTY && process.stdout.write('\x1b[2J\x1b[H')),
  interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  async ask(question) {
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    // Ctrl-C and Ctrl-D give an empty answer.
    const closed = new Promise((resolve) => lines.once('close', () => resolve('')))
    try {
      return await Promise.race([lines.question(question), closed])
    } finally {
      lines.close()
    }
  },
  lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  env: process.env,
}
