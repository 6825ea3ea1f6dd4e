// Runs the benchmark as its users do, on the database of the tests.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DATABASE_URL } from './database.js'

const PROGRAM = fileURLToPath(new URL('../../bench/index.js', import.meta.url))

/** What it prints. @param {string[]} words */
export async function bench(...words) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], { env: { ...process.env, DATABASE_URL } })
  return stdout
}

/** The lines of --out. @param {string[]} words @returns {Promise<any[]>} */
export async function results(...words) {
  const folder = await mkdtemp(join(tmpdir(), 'eram-bench-'))
  try {
    const file = join(folder, 'results.jsonl')
    await bench(...words, '--out', file)
    const lines = (await readFile(file, 'utf8')).trim().split('\n')
    return lines.map((line) => JSON.parse(line))
  } finally {
    await rm(folder, { recursive: true })
  }
}
