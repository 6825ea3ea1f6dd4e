// Bun and Deno, and Node.js beside them for comparison: one program, whose jobs succeed, crash, loop and are aborted in threads and
// in processes. Each prints the same.
import assert from 'node:assert/strict'
import { cpSync, existsSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { sql } from '../../support/database.js'
import { application } from '../support/application.js'
import { database } from '../support/database.js'
import { nodeOf } from '../support/nodes.js'

const AREA = import.meta.dirname
const MODULES = path.join(AREA, 'node_modules')

/** The programs that the npm packages bun and deno install for this platform. @param {string[]} places */
const program = (...places) => places.map((place) => path.join(MODULES, place)).find((place) => existsSync(place))

/** @type {Record<string, { program: string | undefined, args: string[] }>} */
const RUNTIMES = {
  'Node.js': { program: nodeOf(24), args: [] },
  Bun: { program: program('@oven/bun-linux-x64/bin/bun', '@oven/bun-linux-x64-baseline/bin/bun'), args: ['run'] },
  Deno: { program: program('@deno/linux-x64-glibc/deno'), args: ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock'] },
}

const EXPECTED = [
  ['main', true],
  ['threads', 400, true],
  ['process', true],
  ['rolled back', true],
  ['transaction', 'written'],
  ['written', [{ text: 'a' }]],
  ['adopt', 'completed', null],
  ['exit', 'discarded', 'the job thread of queue "threads" exited with code 3 (process.exit was called in it)'],
  ['uncaught', 'discarded', 'the job thread of queue "threads" ended with an uncaught error: TypeError: nothing awaits this'],
  ['killed', 'discarded', 'the job process of queue "processes" was ended by SIGKILL'],
  ['loop', 'discarded', 'LoopJob: expected to end within 300 ms'],
  ['loop in process', 'discarded', 'LoopProcessJob: expected to end within 300 ms'],
  ['again', 1],
  ['again in process', true],
  ['timeout', 'discarded', 'WaitJob: expected to end within 100 ms'],
  ['cancel', 'cancelled', 'the job was cancelled'],
  ['stop', [{ state: 'available', attempt: 0 }]],
  ['end'],
]

for (const [name, { program: runtime, args }] of Object.entries(RUNTIMES)) {
  describe(name, () => {
    test('performs jobs in threads and in processes, outlives those that crash, loop and are aborted, and stops', async (t) => {
      assert.ok(runtime, `expected ${name} for this platform`)
      const app = await application(t, AREA, { 'package.json': '{ "type": "module" }' })
      cpSync(path.join(AREA, 'program'), app.folder, { recursive: true })
      const { code, lines, text } = await app.run(runtime, [...args, 'main.ts'], { DATABASE_URL: await database(t), NODE_NO_WARNINGS: '1' })
      const printed = lines.filter((line) => line.startsWith('[')).map((line) => JSON.parse(line))
      assert.deepEqual(printed, EXPECTED, text)
      assert.equal(code, 0, text)
    })

    test('hands a running job back on SIGTERM, and ends', async (t) => {
      assert.ok(runtime, `expected ${name} for this platform`)
      const app = await application(t, AREA, { 'package.json': '{ "type": "module" }' })
      cpSync(path.join(AREA, 'program'), app.folder, { recursive: true })
      const url = await database(t)
      const { code, text } = await app.run(runtime, [...args, 'signal.ts'], { DATABASE_URL: url })
      assert.equal(code, 0, text)
      const connection = await sql(url)
      assert.deepEqual(await connection.rows('SELECT state, attempt FROM eram_jobs'), [{ state: 'available', attempt: 0 }])
      await connection.end()
    })
  })
}
