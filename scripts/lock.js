// One at a time: a lock file that names those who hold it and is taken over when they are dead.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { birth, isAlive } from './processes.js'

const SAY_AGAIN_MS = 15_000
// Nobody breaks a lock for longer than this, but for one who died meanwhile.
const BREAKING_MS = 5_000

/**
 * Runs a task while no other process runs one under the same lock.
 *
 * @template T
 * @param {string} file
 * @param {object} options
 * @param {number[]} options.holders processes that must all be dead before the lock counts as left behind
 * @param {(pid: number) => void} options.waiting told whose end we wait for, now and then
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function withLock(file, { holders, waiting }, task) {
  mkdirSync(path.dirname(file), { recursive: true })
  const mine = JSON.stringify(holders.map((pid) => ({ pid, birth: birth(pid) })))
  let said = Number.NEGATIVE_INFINITY
  while (!take(file, mine)) {
    const owner = read(file)
    if (owner === null) continue
    const alive = /** @type {{ pid: number, birth: string }[]} */ (JSON.parse(owner)).find(
      (holder) => isAlive(holder.pid) && birth(holder.pid) === holder.birth,
    )
    if (alive) {
      if (performance.now() - said > SAY_AGAIN_MS) {
        waiting(alive.pid)
        said = performance.now()
      }
      await sleep(200)
    } else if (!takeOver(file, owner)) {
      await sleep(50)
    }
  }
  const release = () => read(file) === mine && unlinkSync(file)
  process.once('exit', release)
  try {
    return await task()
  } finally {
    process.off('exit', release)
    release()
  }
}

/**
 * A file that appears together with its text, so that nobody reads half of it.
 *
 * @param {string} file
 * @param {string} text
 */
function take(file, text) {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text)
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    return false
  } finally {
    unlinkSync(draft)
  }
}

/**
 * Removes a dead owner's lock. Of several who see it dead, one at a time may, lest the second removes the first one's new lock.
 *
 * @param {string} file
 * @param {string} dead
 */
function takeOver(file, dead) {
  const breaker = `${file}.break`
  if (!take(breaker, dead)) {
    const age = Date.now() - (statSync(breaker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > BREAKING_MS) rmSync(breaker, { force: true })
    return false
  }
  if (read(file) === dead) rmSync(file, { force: true })
  rmSync(breaker, { force: true })
  return true
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
