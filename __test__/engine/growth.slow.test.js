// The memory of a process does not grow with the number of jobs that it has run; the benchmark measures it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { results } from '../support/bench.js'

const JOBS = 1_000_000

test('a process takes no more memory after a million jobs than after some', async (t) => {
  const lines = await results('memory', '--runs', '1', '--jobs', String(JOBS), '--idle', '0')
  const { growth, over } = lines.find((line) => line.row === 'after all jobs' && 'run' in line)
  t.diagnostic(`${growth.toFixed(1)} MiB more at the end, ${over.toFixed(1)} MiB over bare Node`)
  assert.ok(growth < 10, `${growth} MiB more than after the first jobs`)
  // Nor had it taken everything before the first look.
  assert.ok(over < 150, `${over} MiB over bare Node`)
})
