// A lock between processes: a file with the pid of its owner, created exclusively, taken over once the owner is dead.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, startTime } from './processes.js'

const POLL_MS = 200
const REPORT_EVERY_MS = 15_000
/** A lock file without content for longer than this was left by a process killed while writing it. */
const WRITTEN_WITHIN_MS = 5_000

/**
 * Runs a task while no other process runs one under the same lock.
 *
 * @template T
 * @param {string} file
 * @param {object} options
 * @param {number} [options.holder] the process whose death frees the lock: one that outlives us and what we started
 * @param {(pid: number) => void} options.waiting called with the pid of the owner, now and then
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function withLock(file, { holder = process.pid, waiting }, task) {
  mkdirSync(path.dirname(file), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, holder, started: startTime(holder) })
  let reported = Number.NEGATIVE_INFINITY
  while (!create(file, mine)) {
    const text = read(file)
    const owner = text && JSON.parse(text)
    const isHeld = owner ? isAlive(owner.holder) && startTime(owner.holder) === owner.started : isRecent(file)
    if (!isHeld) {
      takeOver(file, text)
      continue
    }
    if (owner && performance.now() - reported > REPORT_EVERY_MS) {
      waiting(owner.pid)
      reported = performance.now()
    }
    await sleep(POLL_MS)
  }
  const release = () => read(file) === mine && rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await task()
  } finally {
    process.off('exit', release)
    release()
  }
}

/** @param {string} file @param {string} text */
function create(file, text) {
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    return false
  }
}

/** Removes a dead owner's lock. Renaming comes first: of several processes, one succeeds. @param {string} file @param {string} dead */
function takeOver(file, dead) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  // A faster process has already taken over: its new lock goes back.
  if (read(aside) !== dead) renameSync(aside, file)
  else rmSync(aside, { force: true })
}

/** @param {string} file */
const isRecent = (file) => Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < WRITTEN_WITHIN_MS

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
