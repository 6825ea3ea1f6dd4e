// What the file of a job class must not do while a job thread or job process imports it: start an engine, or enqueue. A file
// that is also the program, as the single file of a bundle is, would run the program again in each of them.

import { originOf } from '../shared/caller.js'
import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'

/**
 * An import of the file of a job class. The code that it runs finds it in `state.jobFile`.
 * @typedef {object} JobFile
 * @property {string} worker
 * @property {string} filename
 * @property {boolean} loaded  the import has ended
 * @property {EramError} [refusal]  what it must not do, and did
 */

let imports = 0

/**
 * Imports a job file. Rejects with what was refused meanwhile, although the file may have caught it.
 * @template T
 * @param {string} worker
 * @param {string} filename
 * @param {() => Promise<T>} fn
 * @returns {Promise<T>}
 */
export async function importing(worker, filename, fn) {
  if (!state.isJobIsolate) return fn()
  /** @type {JobFile} */
  const file = { worker, filename, loaded: false }
  imports++
  try {
    const exports = await state.jobFile.run(file, fn)
    if (file.refusal) throw file.refusal
    return exports
  } catch (error) {
    throw file.refusal ?? error
  } finally {
    file.loaded = true
    imports--
    // Until Node 24, storage in use slows down every promise.
    if (imports === 0) state.jobFile.disable()
  }
}

/**
 * The error of a start of an engine in a job isolate.
 * @param {string | undefined} frame  the caller's line of a stack trace
 * @returns {EramError}
 */
export function refusedStart(frame) {
  const file = state.jobFile.getStore()
  const caller = originOf(frame, null).file
  const expected = 'EramEngine.start: expected to be called outside of job threads'
  if (!file) {
    const place = caller === '' ? 'a call in one' : `a call in ${caller}`
    return new EramError('ERAM_LOAD', `${expected}, got ${place}; EramEngine.get() returns the engine that is running`)
  }
  const isOwn = caller === '' || caller === file.filename
  const place = isOwn
    ? `${file.filename}, the file of ${file.worker}`
    : `${caller}, which ${file.filename} imports, the file of ${file.worker}`
  return refuse(
    file,
    'ERAM_LOAD',
    `${expected}, got a call in ${place}, which each job thread imports; give job classes a file that starts no engine, in a bundle a ` +
      `second entry point: register({ filename: new URL('./jobs.js', import.meta.url) })`,
  )
}

/** Throws if the file of a job class enqueues while a job isolate imports it: each isolate would enqueue once more. */
export function checkEnqueue() {
  if (!state.isJobIsolate) return
  const file = state.jobFile.getStore()
  if (!file || file.loaded) return
  throw refuse(
    file,
    'ERAM_JOB',
    `enqueue: expected to be called by the program or in perform, got a call while a job thread imports ${file.filename}, the file of ` +
      `${file.worker}; each job thread would enqueue again`,
  )
}

/**
 * @param {JobFile} file
 * @param {import('../../index.js').EramErrorCode} code
 * @param {string} message
 */
function refuse(file, code, message) {
  const error = new EramError(code, message)
  if (file.loaded) return error
  file.refusal ??= error
  // At once, as the program may go on to end its process.
  state.refused?.(file.refusal)
  return error
}
