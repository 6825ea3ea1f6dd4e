// What the programs of the demo have in common: they say what they do, tell their parent that they are up, and end when
// asked to. Started by hand, they have no parent to tell.
import path from 'node:path'

const name = `${path.basename(process.argv[1] ?? '', '.js')} ${process.pid}`

/** @param {string} text */
export function say(text) {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${name.padEnd(14)} ${text}`)
}

/**
 * @param {string} text
 * @param {object} facts for the parent
 */
export function ready(text, facts) {
  say(text)
  if (!process.send) return
  process.send(facts)
  // A parent that is gone cannot ask any more.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}

/** @param {() => Promise<unknown>} end */
export function whenAsked(end) {
  let asked = false
  const stop = async () => {
    if (asked) return
    asked = true
    await end()
    process.exit()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
