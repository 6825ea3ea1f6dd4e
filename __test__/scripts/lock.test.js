// The lock of the set-up: one at a time, and the dead hold nothing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withLock } from '../../scripts/lock.js'

const folder = mkdtempSync(path.join(tmpdir(), 'eram-lock-'))
const file = path.join(folder, 'lock')
const holders = [process.pid]
after(() => rmSync(folder, { recursive: true }))

test('one at a time, and the next is told for whom it waits', async () => {
  /** @type {string[]} */
  const story = []
  /** @type {number[]} */
  const waited = []
  /** @param {string} name */
  const task = async (name) => {
    story.push(`${name} in`)
    await new Promise(setImmediate)
    story.push(`${name} out`)
  }
  const waiting = (/** @type {number} */ pid) => waited.push(pid)
  await Promise.all(['a', 'b', 'c'].map((name) => withLock(file, { holders, waiting }, () => task(name))))
  assert.deepEqual(
    story.filter((_, index) => index % 2 === 0).map((line) => line.replace('in', 'out')),
    story.filter((_, index) => index % 2 === 1),
  )
  assert.ok(waited.length > 0 && waited.every((pid) => pid === process.pid))
  assert.equal(existsSync(file), false)
})

test('a task that fails releases the lock', async () => {
  await assert.rejects(
    withLock(file, { holders, waiting() {} }, () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(existsSync(file), false)
})

test('the lock of a killed process is taken over, by one of those who want it at a time', async () => {
  const killed = spawn(process.execPath, [fileURLToPath(new URL('../support/fixtures/with-lock.js', import.meta.url)), file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  assert.equal(existsSync(file), true)
  let inside = 0
  const tasks = Array.from({ length: 5 }, () =>
    withLock(file, { holders, waiting() {} }, async () => {
      assert.equal(++inside, 1)
      await new Promise(setImmediate)
      inside--
    }),
  )
  await Promise.all(tasks)
})

test('a process that was given the number of a dead one does not hold its lock', async () => {
  writeFileSync(file, JSON.stringify([{ pid: process.pid, birth: 'another' }]))
  assert.equal(await withLock(file, { holders, waiting: () => assert.fail('waited') }, async () => 'in'), 'in')
})
