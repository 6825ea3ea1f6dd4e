// The command line as a program, without a terminal to ask at.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DATABASE_URL } from './database.js'

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))

/**
 * Runs a command to its end.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string, cwd?: string }} [given]
 * @returns {Promise<{ code: number | null, out: string, err: string }>}
 */
export function eramjs(args, { env = { DATABASE_URL: DATABASE_URL ?? '' }, input = '', cwd } = {}) {
  return new Promise((resolve, reject) => {
    const quiet = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env }
    const child = spawn(process.execPath, [CLI, ...args], { env: quiet, cwd, stdio: 'pipe' })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input)
  })
}

/**
 * A command that runs until it is stopped.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, node?: string[] }} [given]  `node`: options of Node.js
 */
export function running(args, { env = { DATABASE_URL: DATABASE_URL ?? '' }, cwd, node = [] } = {}) {
  return watched(process.execPath, [...node, CLI, ...args], { env, cwd, stdin: 'ignore' })
}

/**
 * The same on a terminal of its own, at which `type` types. On Linux.
 * @param {string[]} args
 * @param {{ env: Record<string, string>, cwd: string }} given
 */
export function onTerminal(args, given) {
  // In place of the shell, which Ctrl-C would end, too.
  const line = `exec ${[process.execPath, CLI, ...args].map((each) => `'${each}'`).join(' ')}`
  const program = watched('script', ['--quiet', '--return', '--command', line, '/dev/null'], { ...given, stdin: 'pipe' })
  return { ...program, type: (/** @type {string} */ text) => void program.child.stdin?.write(text) }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ env: Record<string, string>, cwd: string | undefined, stdin: 'ignore' | 'pipe' }} given
 */
function watched(program, args, { env, cwd, stdin }) {
  const quiet = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env }
  const child = spawn(program, args, { env: quiet, cwd, stdio: [stdin, 'pipe', 'pipe'] })
  let text = ''
  /** @type {Set<() => void>} */
  const waiting = new Set()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk
      for (const check of waiting) check()
    })
  }
  /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} */
  const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  return {
    child,
    exited,
    text: () => text,
    /**
     * Resolves once it has written what matches so many times; rejects if it ends before.
     * @param {RegExp} pattern @param {number} [times]
     * @returns {Promise<RegExpMatchArray>} the last match
     */
    wrote(pattern, times = 1) {
      const all = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`)
      return new Promise((resolve, reject) => {
        const check = () => {
          const found = [...text.matchAll(all)][times - 1]
          if (!found) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
        exited.then(({ code, signal }) => reject(new Error(`expected it to write ${pattern}, it ended with ${signal ?? code}:\n${text}`)))
      })
    },
  }
}
