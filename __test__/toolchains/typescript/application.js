// The application that each tool runs: jobs in TypeScript, in a job thread and in a job process, with an enum that only a compiler
// knows, in an ES module or in CommonJS.
import assert from 'node:assert/strict'
import path from 'node:path'
import { application as make } from '../support/application.js'
import { nodeOf } from '../support/nodes.js'

/** @typedef {'module' | 'commonjs'} Kind  "type" of its package.json */

const AREA = import.meta.dirname

/** What a run prints when all is well. */
export const DONE = ['ThreadJob completed thread w1', 'ProcessJob completed process w1', 'stopped']

/** @param {Kind} kind */
const CONFIG = (kind) => ({
  compilerOptions: {
    ...(kind === 'module'
      ? { module: 'nodenext', allowImportingTsExtensions: true, noEmit: true }
      : { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true }),
    target: 'es2022',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  },
})

const WORDS = `enum Mark { Word = 'w' }
export const word = (n: number): string => Mark.Word + n
`
const STRIPPED_WORDS = `export const word = (n: number): string => 'w' + n
`

/** @param {Kind} kind */
const JOBS = (kind) => {
  const [filename, ending] = kind === 'module' ? ['import.meta.filename', '.ts'] : ['__filename', '']
  return `import { isMainThread } from 'node:worker_threads'
import { EramJob, type JobContext } from 'eramjs'
import { word } from './words${ending}'

const isolate = () => (process.send ? 'process' : isMainThread ? 'main' : 'thread')

export class ThreadJob extends EramJob {
  static { this.register({ filename: ${filename}, queue: 'threads' }) }
  async perform(args: { n: number }, ctx: JobContext) { return isolate() + ' ' + word(args.n) }
}

export class ProcessJob extends EramJob {
  static { this.register({ filename: ${filename}, queue: 'processes', isolation: 'process' }) }
  async perform(args: { n: number }) { return isolate() + ' ' + word(args.n) }
}
`
}

const RUN = `async function main() {
  const engine = await EramEngine.start({ url: process.env.DATABASE_URL, queues: { threads: 2, processes: 2 }, logger: false })
  for (const Job of [ThreadJob, ProcessJob]) {
    const ended = new Promise<any>((resolve) => {
      engine.on('job:stop', (event) => event.job.worker === Job.name && resolve(event))
      engine.on('job:exception', (event) => event.job.worker === Job.name && resolve(event))
    })
    await Job.enqueue({ n: 1 })
    const { job, result, error } = await ended
    console.log(Job.name, job.state, result ?? error?.message)
  }
  await engine.stop()
  console.log('stopped')
}
main().catch((error) => {
  console.log(error.message)
  process.exit(1)
})
`

/** @param {Kind} kind */
const MAIN = (kind) => `import { EramEngine } from 'eramjs'
import { ProcessJob, ThreadJob } from './job${kind === 'module' ? '.ts' : ''}'
${RUN}`

// CommonJS as Node.js itself takes it: without the import syntax, which needs a compiler.
const COMMON_JOBS = `const { isMainThread } = require('node:worker_threads')
const { EramJob } = require('eramjs') as typeof import('eramjs')

const isolate = (): string => (process.send ? 'process' : isMainThread ? 'main' : 'thread')

class ThreadJob extends EramJob {
  static { this.register({ filename: __filename, queue: 'threads' }) }
  async perform(args: { n: number }) { return isolate() + ' w' + args.n }
}

class ProcessJob extends EramJob {
  static { this.register({ filename: __filename, queue: 'processes', isolation: 'process' }) }
  async perform(args: { n: number }) { return isolate() + ' w' + args.n }
}

module.exports = { ThreadJob, ProcessJob }
`
const COMMON_MAIN = `const { EramEngine } = require('eramjs') as typeof import('eramjs')
const { ThreadJob, ProcessJob } = require('./job.cts')
${RUN}`

/**
 * @param {import('node:test').TestContext} t
 * @param {Kind} kind
 * @param {{ files?: Record<string, string>, stripped?: boolean }} [options]  `stripped`: nothing in it needs a compiler
 */
export async function application(t, kind, { files = {}, stripped = false } = {}) {
  const app = await make(t, AREA, {
    'package.json': JSON.stringify({ type: kind }),
    'tsconfig.json': JSON.stringify(CONFIG(kind)),
    'words.ts': stripped ? STRIPPED_WORDS : WORDS,
    'job.ts': JOBS(kind),
    'main.ts': MAIN(kind),
    'job.cts': COMMON_JOBS,
    'main.cts': COMMON_MAIN,
    ...files,
  })
  return {
    /**
     * Runs a line of a shell with one version of Node.js.
     * @param {number} major @param {string} line @param {Record<string, string>} env
     */
    run(major, line, env) {
      const node = nodeOf(major)
      assert.ok(node, `expected Node.js ${major}`)
      // As npx, which only puts the folder of the tools on the path.
      const PATH = [path.dirname(node), path.join(AREA, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter)
      return app.run('sh', ['-c', line.replace(/^npx /, '')], { NODE_NO_WARNINGS: '1', NODE_OPTIONS: '', ...env, PATH })
    },
  }
}
