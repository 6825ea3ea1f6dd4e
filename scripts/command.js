// Runs other programs for the scripts: each receives a signal once, and none survives the script.
import { spawn } from 'node:child_process'
import { constants, homedir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { guard, kill, reaper, release } from './processes.js'

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Ctrl-C under npm comes twice, from the terminal and from npm: the second within this many milliseconds is ignored. */
const SAME_SIGNAL_MS = 300

// A shell that is older than the installation of Rust does not know where cargo is.
process.env.PATH = [process.env.PATH, path.join(process.env.CARGO_HOME ?? path.join(homedir(), '.cargo'), 'bin')].join(path.delimiter)

/**
 * How to run a program.
 * @typedef {object} Options
 * @property {Record<string, string | undefined>} [env]  added to ours
 * @property {string} [cwd]  its folder; the project's by default
 * @property {'inherit' | 'ignore'} [stdin]
 * @property {(line: string) => void} [line]  receives what the program writes, which otherwise goes to our own output
 * @property {number} [timeout]  after how many milliseconds it is killed, with what it started; never by default
 */

/** Process groups that run now, as negative pids. @type {Set<number>} */
const groups = new Set()
/** @type {NodeJS.Signals | undefined} */
let interrupted
let isListening = false
/** @type {(signal: NodeJS.Signals) => void} */
let interrupt = () => {}

/** Resolves with the first signal that asks this script to end. @type {Promise<NodeJS.Signals>} */
export const interruption = new Promise((resolve) => {
  interrupt = resolve
})

/** The exit code that a shell gives a program ended by a signal; 0 without a signal. */
export const interruptedCode = () => (interrupted ? 128 + constants.signals[interrupted] : 0)

/**
 * Runs a program to its end and returns its exit code, as a shell would.
 * @param {string} program @param {string[]} args @param {Options} [options] @returns {Promise<number>}
 */
export async function run(program, args, { env, cwd = ROOT, stdin = 'ignore', line, timeout } = {}) {
  if (interrupted) return interruptedCode()
  listen()
  await reaper().ready
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    // A session of its own: the terminal and npm both send Ctrl-C, and the program is to receive it once, from us.
    detached: process.platform !== 'win32',
    stdio: line ? [stdin, 'pipe', 'pipe'] : [stdin, 'inherit', 'inherit'],
  })
  for (const stream of line ? [child.stdout, child.stderr] : []) {
    if (stream) createInterface({ input: stream }).on('line', line ?? (() => {}))
  }
  const group = -(child.pid ?? 0)
  groups.add(group)
  if (group) guard(group)
  const timer = timeout && group ? setTimeout(() => kill(group, 'SIGKILL'), timeout) : undefined
  try {
    return await new Promise((resolve) => {
      child.once('error', ({ message }) => {
        const report = line ?? console.error
        report(`${program}: expected an executable program, got: ${message}`)
        resolve(127)
      })
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
    })
  } finally {
    clearTimeout(timer)
    groups.delete(group)
    release(group)
  }
}

/** Runs npm, the one that runs this script if there is one. @param {string[]} args @param {Options} [options] */
export function npm(args, options) {
  const cli = process.env.npm_execpath
  return cli?.endsWith('npm-cli.js') ? run(process.execPath, [cli, ...args], options) : run('npm', args, options)
}

/**
 * What a program writes; null if it does not exist or fails.
 * @param {string} program @param {string[]} args @returns {Promise<string | null>}
 */
export async function output(program, args) {
  /** @type {string[]} */
  const lines = []
  const code = await run(program, args, { line: (line) => lines.push(line) })
  return code === 0 ? lines.join('\n') : null
}

/** Handles the signals that end a script: it passes them to its programs and ends after them. */
export function listen() {
  if (isListening) return
  isListening = true
  let count = 0
  let last = Number.NEGATIVE_INFINITY
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => {
      if (performance.now() - last < SAME_SIGNAL_MS) return
      last = performance.now()
      count++
      interrupted = name
      interrupt(name)
      for (const group of groups) if (group) kill(group, count > 2 ? 'SIGKILL' : name)
    })
  }
}
