// The arguments of jobs: as long as wanted, and not to be compressed, as real ones can hardly be.

import { createHash } from 'node:crypto'

const LONGEST = 4096
// {"n":…,"text":"…"} with a number of five digits.
const AROUND = 20

/** The same in every process and run. */
const NOISE = Array.from({ length: LONGEST / 64 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join('')

/**
 * The text that makes the arguments { n, text } of a job so many bytes of JSON.
 * @param {number} bytes
 */
export const text = (bytes) => NOISE.slice(0, Math.max(0, bytes - AROUND))

/**
 * @param {number} n
 * @param {number} [bytes] of JSON
 */
export const payload = (n, bytes = 100) => ({ n, text: text(bytes) })
