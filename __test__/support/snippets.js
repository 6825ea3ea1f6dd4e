// The code in the project's documents, as files that compilers and Node take. A snippet whose first line names a file, as in
// `// job.ts`, is that file. Any other is a fragment: it may use what GLOBALS declares, for one has to begin somewhere.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { read } from './sources.js'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The newest compiler and the oldest that is supported. */
const COMPILERS = ['typescript', 'typescript-5.4']

/** @typedef {{ document: string, line: number, lang: string, text: string, name: string | null }} Snippet */

/**
 * The fenced code of a document, from the project's folder.
 *
 * @param {string} document
 * @returns {Snippet[]}
 */
export function snippets(document) {
  const text = read(document)
  return [...text.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map(({ index, 1: indent = '', 2: lang = '', 3: code = '' }) => {
    const lines = code.split('\n').map((line) => line.slice(line.startsWith(indent) ? indent.length : 0))
    const [, name = null] = /^\/\/ ([\w./+-]+\.\w+)$/.exec(lines[0] ?? '') ?? []
    return { document, line: text.slice(0, index).split('\n').length, lang, text: lines.join('\n'), name }
  })
}

/** @param {string} document */
export const fragments = (document) => snippets(document).filter(({ lang, name }) => /^(js|ts)$/.test(lang) && name === null)

/**
 * An empty project of a user's.
 *
 * @param {object} [manifest] package.json
 */
export async function project(manifest) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'eram-project-')))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', private: true, ...manifest }))
  return {
    folder,
    /**
     * Installs our own packages without a network, eramjs as it stands in the checkout.
     *
     * @param {string[]} packages
     */
    async link(...packages) {
      for (const name of packages) {
        const at = path.join(folder, 'node_modules', name)
        await mkdir(path.dirname(at), { recursive: true })
        await symlink(name === 'eramjs' ? ROOT : path.join(ROOT, 'node_modules', name), at)
      }
    },
    /** @param {string} name @param {string} text */
    async write(name, text) {
      const file = path.join(folder, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, text)
    },
    /**
     * Compiles with the newest TypeScript and with the oldest supported; the output is that of the newest.
     *
     * @param {string[]} args of tsc
     */
    async compile(...args) {
      for (const compiler of COMPILERS) {
        const tsc = path.join(ROOT, 'node_modules', compiler, 'bin', 'tsc')
        const emits = compiler === COMPILERS[0] ? [] : ['--noEmit']
        const { code, out } = await finished(process.execPath, [tsc, ...args, ...emits], { cwd: folder })
        assert.equal(code, 0, `${compiler}:\n${out}`)
      }
    },
  }
}

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Promise<{ code: number, out: string }>} what it wrote, errors too
 */
export function finished(program, args, { cwd, env } = {}) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env: { ...process.env, ...env }, timeout: 120_000 }, (error, out, err) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, out: out + err }),
    )
  })
}

/** The libraries that an application with our code in it has. */
const TRACING = ['@opentelemetry/api', '@opentelemetry/sdk-metrics', '@opentelemetry/sdk-trace-node']
export const LIBRARIES = ['@types/node', '@types/pg', 'pg', 'typeorm', 'reflect-metadata', ...TRACING]

/** What fragments find: the public entry, and things that an application has. */
export const GLOBALS = `import type * as eram from 'eramjs'
import type { Pool } from 'pg'
import type { DataSource } from 'typeorm'
import type { EmailUserJob as Email } from './job.js'

declare global {
  var EramEngine: typeof eram.EramEngine
  var EramError: typeof eram.EramError
  var EramJob: typeof eram.EramJob
  var CancelJob: typeof eram.CancelJob
  var DiscardJob: typeof eram.DiscardJob
  var RetryJob: typeof eram.RetryJob
  var SnoozeJob: typeof eram.SnoozeJob
  type JobContext = eram.JobContext
  var EmailUserJob: typeof Email
  var engine: eram.EramEngine
  var pool: Pool
  var dataSource: DataSource
  var email: string
  var id: number
  var signUp: (email: string) => Promise<void>
}
`

/** The job that fragments mean, for documents that do not show its file. */
export const JOB = `import { EramJob, type JobContext } from 'eramjs'

export class EmailUserJob extends EramJob {
  async perform(_args: { email: string }, _ctx: JobContext) {
    return { sent: true }
  }
}
`

/** For fragments: the checks that an application's own code has to pass. */
export const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    rootDir: '.',
    outDir: 'dist',
  },
}

/** @param {Snippet} snippet */
export const fileOf = ({ document, line }) => `${path.basename(document, '.md').toLowerCase()}-${line}.ts`
