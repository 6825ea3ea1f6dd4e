// Starts programs/server.js: the dashboard in a process of its own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('programs/server.js', import.meta.url))

/**
 * Runs a scenario beside such a process, and ends it.
 * @param {{ url: string, prefix: string, name?: string }} engine  its options
 * @param {(server: { url: string, state: () => Promise<{ streams: number, most: number, bytes: number }> }) => Promise<void>} scenario
 */
export async function withServerProcess(engine, scenario) {
  const child = fork(PROGRAM, [JSON.stringify({ name: 'web', ...engine })])
  try {
    const [{ url }] = /** @type {any[]} */ (await once(child, 'message'))
    await scenario({
      url,
      async state() {
        const answered = once(child, 'message')
        child.send('state')
        const [state] = await answered
        return /** @type {any} */ (state)
      },
    })
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
