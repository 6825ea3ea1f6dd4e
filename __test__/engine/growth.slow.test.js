// The memory of a process does not grow with the number of jobs that it has run; the benchmark measures it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DATABASE_URL } from '../support/database.js'

const PROGRAM = fileURLToPath(new URL('../../bench/index.js', import.meta.url))
const JOBS = 1_000_000

test('a process takes no more memory after a million jobs than after some', async (t) => {
  const words = ['memory', '--runs', '1', '--jobs', String(JOBS), '--idle', '0', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], { env: { ...process.env, DATABASE_URL } })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { growth, over } = lines.find((line) => line.row === 'after all jobs' && 'run' in line)
  t.diagnostic(`${growth.toFixed(1)} MiB more at the end, ${over.toFixed(1)} MiB over bare Node`)
  assert.ok(growth < 10, `${growth} MiB more than after the first jobs`)
  // Nor had it taken everything before the first look.
  assert.ok(over < 150, `${over} MiB over bare Node`)
})
