// The lock of the set-up: one process at a time, and a dead owner holds nothing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withLock } from '../../scripts/lock.js'
import { startTime } from '../../scripts/processes.js'

const folder = mkdtempSync(path.join(tmpdir(), 'eram-lock-'))
const file = path.join(folder, 'lock')
after(() => rmSync(folder, { recursive: true }))

test('one task runs at a time, and the next reports whose end it waits for', async () => {
  /** @type {string[]} */
  const events = []
  /** @type {number[]} */
  const waited = []
  /** @param {string} name */
  const task = async (name) => {
    events.push(`${name} in`)
    await new Promise(setImmediate)
    events.push(`${name} out`)
  }
  const waiting = (/** @type {number} */ pid) => waited.push(pid)
  await Promise.all(['a', 'b', 'c'].map((name) => withLock(file, { waiting }, () => task(name))))
  assert.deepEqual(
    events.filter((_, index) => index % 2 === 0).map((line) => line.replace('in', 'out')),
    events.filter((_, index) => index % 2 === 1),
  )
  assert.ok(waited.length > 0 && waited.every((pid) => pid === process.pid))
  assert.equal(existsSync(file), false)
})

test('a task that fails releases the lock', async () => {
  await assert.rejects(
    withLock(file, { waiting() {} }, () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(existsSync(file), false)
})

test('the lock of a killed process is taken over by one waiting task at a time', async () => {
  const killed = spawn(process.execPath, [fileURLToPath(new URL('../support/fixtures/with-lock.js', import.meta.url)), file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  assert.equal(existsSync(file), true)
  let inside = 0
  const tasks = Array.from({ length: 5 }, () =>
    withLock(file, { waiting() {} }, async () => {
      assert.equal(++inside, 1)
      await new Promise(setImmediate)
      inside--
    }),
  )
  await Promise.all(tasks)
})

test('a process with the pid of a dead owner does not hold its lock', async () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, holder: process.pid, started: 'another' }))
  assert.equal(await withLock(file, { waiting: () => assert.fail('waited') }, async () => 'in'), 'in')
})

test('a lock that another process holds for its owner outlives the owner', async () => {
  const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const owner = spawn(process.execPath, ['-e', ''])
  await once(owner, 'exit')
  writeFileSync(file, JSON.stringify({ pid: owner.pid, holder: holder.pid, started: startTime(Number(holder.pid)) }))
  /** @type {number[]} */
  const waited = []
  const waiting = (/** @type {number} */ pid) => {
    waited.push(pid)
    holder.kill('SIGKILL')
  }
  await withLock(file, { waiting }, async () => {})
  assert.deepEqual(waited, [owner.pid])
})

test('a lock file left empty by a killed process is taken over', async () => {
  writeFileSync(file, '')
  utimesSync(file, 0, 0)
  assert.equal(await withLock(file, { waiting: () => assert.fail('waited') }, async () => 'in'), 'in')
})
