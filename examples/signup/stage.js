// Where the demo's story is played. Whatever way it ends (well, by an error, by Ctrl-C, by the death of a process), everything
// that it has started and made is undone.
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Children } from './children.js'
import { say } from './program.js'

/**
 * @typedef {object} Stage
 * @property {Children} children
 * @property {AbortSignal} signal aborted when the story is over
 * @property {(undo: () => unknown) => void} atEnd what is given last is undone first
 */

/**
 * Ends the process, with the exit code that the story gives.
 *
 * @param {(stage: Stage) => Promise<number>} story
 */
export async function perform(story) {
  let interruption = 0
  /** @type {Promise<never>} */
  const interrupted = new Promise((_, reject) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => {
        interruption ||= 128 + constants.signals[signal]
        reject(new Error(signal))
      })
    }
  })

  const children = new Children()
  const ending = new AbortController()
  /** @type {(() => unknown)[]} */
  const undos = []
  const telling = story({ children, signal: ending.signal, atEnd: (undo) => undos.unshift(undo) })
  let code = 1
  try {
    code = await Promise.race([telling, children.trouble, interrupted])
  } catch (error) {
    // One thing brings the next: Ctrl-C the end of a process, that a request which fails. The cause is what to tell.
    // And a process of ours may hear of Ctrl-C, and end, before this one does.
    const lost = children.trouble.catch(() => sleep(250))
    await Promise.race([lost, interrupted.catch(() => sleep(100)), sleep(2000)])
    if (interruption) say('interrupted')
    else console.error(children.lost ?? error)
  }

  ending.abort()
  await attempt(() => children.stop())
  await telling.catch(() => {})
  for (const undo of undos) await attempt(undo)
  process.exit(interruption || code)

  /** The next steps follow even if this one fails. @param {() => unknown} undo */
  async function attempt(undo) {
    try {
      await undo()
    } catch (error) {
      console.error('clean-up:', error)
      code = 1
    }
  }
}
