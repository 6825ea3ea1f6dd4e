// Signals to a script such as `npm run demo`: its program receives each once, and never outlives the script.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAlive } from '../../scripts/processes.js'
import { until } from '../support/until.js'

test('Ctrl-C under npm, two signals in a row, reaches the program once', async () => {
  const { script, lines, ended } = await start()
  script.kill('SIGINT')
  script.kill('SIGINT')
  assert.deepEqual(await ended, [130, null])
  assert.deepEqual(lines, ['SIGINT'])
})

test('the exit code is that of the program', async () => {
  const { script, ended } = await start('7')
  script.stdin.end()
  assert.deepEqual(await ended, [7, null])
})

test('a program does not outlive a script that is killed', async () => {
  const { script, pid, ended } = await start()
  script.kill('SIGKILL')
  await ended
  await until(() => assert.equal(isAlive(pid), false))
})

/** @param {string[]} args */
async function start(...args) {
  const script = spawn(process.execPath, [fixture('run-listener.js'), fixture('listener.js'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  /** @type {string[]} */
  const lines = []
  const ended = once(script, 'close')
  const reader = createInterface({ input: script.stdout })
  const [pid] = await once(reader, 'line')
  reader.on('line', (line) => lines.push(line))
  return { script, lines, ended, pid: Number(pid) }
}

/** @param {string} name */
const fixture = (name) => fileURLToPath(new URL(`../support/fixtures/${name}`, import.meta.url))
