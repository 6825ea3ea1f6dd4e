// A program that runs beside a test until its end, such as a server.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { guard, kill, reaper, release } from '../../../scripts/processes.js'

/**
 * Starts a program, and resolves when a line that it writes matches. `end` ends it with what it started, as does the end of the test.
 * @param {import('node:test').TestContext} t
 * @param {[string, ...string[]]} command
 * @param {{ cwd: string, env: Record<string, string> }} options
 * @param {RegExp} ready
 * @returns {Promise<{ match: RegExpExecArray, end: () => Promise<void> }>}
 */
export async function started(t, [file, ...args], { cwd, env }, ready) {
  await reaper().ready
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const group = -Number(child.pid)
  guard(group)
  const ended = once(child, 'close')
  const end = async () => {
    kill(group, 'SIGKILL')
    await ended
    release(group)
  }
  t.after(end)
  /** @type {string[]} */
  const lines = []
  return new Promise((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lines.push(line)
        const match = ready.exec(line)
        if (match) resolve({ match, end })
      })
    }
    ended.then(() => reject(new Error(`${file}: expected a line that matches ${ready}, got:\n${lines.join('\n')}`)))
  })
}
