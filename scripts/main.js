// What all scripts share around their own work: progress lines, exit codes, and expected failures without a stack.
import { interruptedCode } from './command.js'

const IS_COLORED = process.stdout.isTTY && !process.env.NO_COLOR
// The output of `npm pack` is the name of the file, for other programs to read.
const print = /^(pre|post)pack$/.test(process.env.npm_lifecycle_event ?? '') ? console.error : console.log

/** An expected failure: its message is all there is to print. */
export class Failure extends Error {}

/** @param {() => Promise<unknown>} task may return an exit code */
export async function main(task) {
  let code = 0
  try {
    const result = await task()
    if (typeof result === 'number') code = result
  } catch (error) {
    const isExpected = error instanceof Failure || /** @type {any} */ (error)?.code?.startsWith?.('ERR_PARSE_ARGS')
    console.error(isExpected ? `\n${/** @type {Error} */ (error).message}` : error)
    code = 1
  }
  process.exit(interruptedCode() || code)
}

/** @param {number} since as of performance.now() */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** One progress line, with the seconds since the command started. @param {string} topic @param {string} text */
export const log = (topic, text) => print(`${styled(2, `[${seconds(0).padStart(7)}]`)} ${topic}: ${text}`)

/** @param {string} title */
export const heading = (title) => console.log(`\n${bold(`━━━ ${title} ${'━'.repeat(Math.max(3, 72 - title.length))}`)}`)

/** @param {string} text */
export const bold = (text) => styled(1, text)

/** @param {number} code @param {string} text */
const styled = (code, text) => (IS_COLORED ? `\x1b[${code}m${text}\x1b[0m` : text)
