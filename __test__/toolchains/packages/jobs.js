// 400 jobs on the threads of a queue, in a folder with packages unpacked as npm does, by any program that is a Node.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { output, run } from '../../../scripts/command.js'
import { sql } from '../../support/database.js'
import { database } from '../support/database.js'

/** After this many milliseconds a program counts as one that does not end, also in an emulator. */
const LIMIT_MS = 300_000

const FILES = {
  'job.mjs': `
import { EramJob } from 'eramjs'

export class SquareJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'squares' })
  }

  async perform({ n }) {
    return { square: n * n }
  }
}
`,
  'main.mjs': `
import { createRequire } from 'node:module'
import { EramEngine } from 'eramjs'
import { SquareJob } from './job.mjs'

const engine = await EramEngine.start({ queues: { squares: 20 }, logger: false })
await EramEngine.enqueueAll(Array.from({ length: 400 }, (_, n) => SquareJob.new({ n })))
await engine.drain('squares')
await engine.stop()
const addons = Object.keys(createRequire(import.meta.url).cache).filter((file) => file.endsWith('.node'))
console.log('done', process.platform, process.arch, ...addons)
`,
}

/**
 * @param {import('node:test').TestContext} t
 * @param {{ archives: string[], command: string[], root?: string, env?: Record<string, string> }} options
 *   `root`: where the program sees its files, if that is a folder of ours
 */
export async function jobs(t, { archives, command: [program = '', ...args], root = '', env = {} }) {
  const parent = path.join(root || tmpdir(), root ? 'tmp' : '')
  mkdirSync(parent, { recursive: true })
  const folder = realpathSync(mkdtempSync(path.join(parent, 'eram-jobs-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const archive of archives) {
    const target = path.join(folder, 'node_modules', path.basename(archive).replace(/-\d+\.\d+\.\d+.*$/, ''))
    mkdirSync(target, { recursive: true })
    assert.notEqual(await output('tar', ['-xzf', archive, '-C', target, '--strip-components=1']), null, archive)
  }
  for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, name), text)
  const url = await database(t)
  /** @type {string[]} */
  const lines = []
  const main = path.join(folder.slice(root.length), 'main.mjs')
  const code = await run(program, [...args, main], {
    cwd: folder,
    env: { NODE_OPTIONS: undefined, DATABASE_URL: url, ...env },
    timeout: LIMIT_MS,
    line: (line) => void lines.push(line),
  })
  assert.equal(code, 0, lines.join('\n'))
  const [, system, file = ''] = /^done (\w+ \w+) (\S+)$/m.exec(lines.join('\n')) ?? []
  const server = await sql(url)
  try {
    const states = await server.rows('SELECT state::text, count(*)::int FROM eram_jobs GROUP BY state')
    return { system, addon: path.basename(path.dirname(file)), jobs: states }
  } finally {
    await server.end()
  }
}
