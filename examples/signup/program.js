// Shared by the programs of the demo: log lines, the report to the parent process that they are ready, and a graceful stop. Started
// by hand, they have no parent.
import path from 'node:path'

const name = `${path.basename(process.argv[1] ?? '', '.js')} ${process.pid}`

/** @param {string} text */
export function log(text) {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${name.padEnd(14)} ${text}`)
}

/**
 * Logs a line and reports to the parent process that this program is ready.
 *
 * @param {string} text
 * @param {object} facts for the parent
 */
export function ready(text, facts) {
  log(text)
  if (!process.send) return
  process.send(facts)
  // Without its parent, the program stops.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}

/** Calls `end` and exits on SIGTERM or SIGINT. @param {() => Promise<unknown>} end */
export function onStop(end) {
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await end()
    process.exit()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
