// What every script does around its own work: it ends with an exit code, and with words instead of a stack where those suffice.
import { interruptedCode } from './command.js'

/** What went wrong is told in full by the message; a stack would tell nothing. */
export class Failure extends Error {}

/** @param {() => Promise<unknown>} task may return an exit code */
export async function main(task) {
  let code = 0
  try {
    const told = await task()
    if (typeof told === 'number') code = told
  } catch (error) {
    console.error(isTold(error) ? `\n${error.message}` : error)
    code = 1
  }
  process.exit(interruptedCode() || code)
}

/**
 * @param {unknown} error
 * @returns {error is Error}
 */
function isTold(error) {
  if (error instanceof Failure) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
