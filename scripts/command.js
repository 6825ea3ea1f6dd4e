// Runs other programs for the scripts. Signals reach them once, whoever sends them; nothing survives us.
import { fork, spawn } from 'node:child_process'
import { constants, homedir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signalled } from './processes.js'

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

// A shell that is older than the installation of Rust does not know where cargo is.
process.env.PATH = [process.env.PATH, path.join(process.env.CARGO_HOME ?? path.join(homedir(), '.cargo'), 'bin')].join(path.delimiter)

/**
 * @typedef {object} Options
 * @property {Record<string, string | undefined>} [env] added to ours
 * @property {'inherit' | 'ignore'} [stdin] nobody answers questions unless `inherit`
 * @property {(line: string) => void} [line] gets what the program writes instead of our own output
 */

/** Process groups that run now. @type {Set<number>} */
const groups = new Set()
/** @type {import('node:child_process').ChildProcess | undefined} */
let guard
/** Resolves when the guard is ready, or when there will be none. @type {Promise<unknown>} */
let guarded
/** @type {NodeJS.Signals | undefined} */
let interrupted
/** @type {(signal: NodeJS.Signals) => void} */
let notice = () => {}

/** Resolves with the first signal that asks this script to end. @type {Promise<NodeJS.Signals>} */
export const interruption = new Promise((resolve) => {
  notice = resolve
})

/** The exit code that a shell gives a program which a signal ended; 0 when none did. */
export const interruptedCode = () => (interrupted ? 128 + constants.signals[interrupted] : 0)

/**
 * Runs a program to its end and returns its exit code, as a shell would give it.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Options} [options]
 * @returns {Promise<number>}
 */
export async function run(program, args, { env, stdin = 'ignore', line } = {}) {
  if (interrupted) return interruptedCode()
  listen()
  // Not before someone is there who ends it if we are killed.
  guardian()
  await guarded
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    // A session of its own, as the terminal and npm both send Ctrl-C: it gets from us the one that it should get.
    detached: true,
    stdio: line ? [stdin, 'pipe', 'pipe'] : [stdin, 'inherit', 'inherit'],
  })
  for (const stream of line ? [child.stdout, child.stderr] : []) {
    if (stream) createInterface({ input: stream }).on('line', line ?? (() => {}))
  }
  const pid = child.pid
  if (pid) began(pid)
  try {
    return await new Promise((resolve) => {
      child.once('error', ({ message }) => {
        const tell = line ?? console.error
        tell(`${program}: expected a program that runs, got: ${message}`)
        resolve(127)
      })
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
    })
  } finally {
    if (pid) ended(pid)
  }
}

/**
 * What a program writes, or null when it is not there or fails.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<string | null>}
 */
export async function output(program, args) {
  /** @type {string[]} */
  const lines = []
  const code = await run(program, args, { line: (line) => lines.push(line) })
  return code === 0 ? lines.join('\n') : null
}

/** The process that ends our programs when we are gone. It is the last to go. */
export function guardian() {
  guard ??= watch()
  return guard
}

/** @param {number} pid */
function began(pid) {
  groups.add(-pid)
  if (guardian().connected) guardian().send({ began: pid })
}

/** @param {number} pid */
function ended(pid) {
  groups.delete(-pid)
  if (guard?.connected) guard.send({ ended: pid })
}

function watch() {
  const child = fork(fileURLToPath(new URL('./guard.js', import.meta.url)), {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  guarded = new Promise((resolve) => {
    child.once('message', resolve)
    child.once('exit', resolve)
    child.on('error', resolve) // it is gone, and with it only a safety net
  }).then(() => {
    child.unref()
    child.channel?.unref()
  })
  return child
}

let isListening = false
/** Takes the signals that end a script: the programs get them, and the script ends when they have. */
export function listen() {
  if (isListening) return
  isListening = true
  let presses = 0
  let last = Number.NEGATIVE_INFINITY
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => {
      // Ctrl-C under npm comes twice, from the terminal and from npm.
      if (performance.now() - last < 300) return
      last = performance.now()
      presses++
      interrupted = name
      notice(name)
      for (const group of groups) signalled(group, presses > 2 ? 'SIGKILL' : name)
    })
  }
}
