// What builds for every Linux on any: cargo-zigbuild and zig in a Python environment of their own, and Rust's libraries of the targets.
import path from 'node:path'
import { output, ROOT, run } from '../command.js'
import { Failure, log } from '../main.js'
import { fingerprint, recall, remember } from '../setup/stamp.js'

/** @typedef {{ cargoZigbuild: string, env: Record<string, string> }} Tools */

const REQUIREMENTS = 'scripts/package/requirements.txt'
const HOME = path.join(ROOT, '.setup', 'zig')
const BIN = path.join(HOME, 'bin')
const STAMP = path.join(HOME, 'installed.json')
/** There once `toolchain` has run. */
export const PIP = path.join(BIN, 'pip')

/** Installs what is missing. @param {import('./options.js').Platform[]} platforms @returns {Promise<Tools>} */
export async function toolchain(platforms) {
  const wanted = fingerprint([REQUIREMENTS])
  if (recall(STAMP)?.wanted !== wanted) {
    log('zig', 'cargo-zigbuild and zig, with pip, into .setup/zig')
    await succeed('python3', ['-m', 'venv', '--clear', HOME], 'on Debian, install python3-venv')
    const flags = ['--quiet', '--no-compile', '--disable-pip-version-check', '--require-hashes', '--only-binary=:all:']
    await succeed(PIP, ['install', ...flags, '--requirement', path.join(ROOT, REQUIREMENTS)])
    remember(STAMP, { wanted })
  }
  await addTargets(platforms.map(({ target }) => target))
  return {
    cargoZigbuild: path.join(BIN, 'cargo-zigbuild'),
    env: {
      // zig is a module of this Python.
      PATH: [BIN, process.env.PATH].join(path.delimiter),
      CARGO_ZIGBUILD_CACHE_DIR: path.join(HOME, 'cache', 'cargo-zigbuild'),
      ZIG_GLOBAL_CACHE_DIR: path.join(HOME, 'cache', 'zig'),
    },
  }
}

/** @param {string[]} targets */
async function addTargets(targets) {
  const installed = await output('rustup', ['target', 'list', '--installed'])
  if (installed === null) throw new Failure('rustup: expected a program that runs, found none; install it from https://rustup.rs')
  const absent = targets.filter((target) => !installed.split('\n').includes(target))
  if (absent.length === 0) return
  log('rust', `rustup target add ${absent.join(' ')}`)
  await succeed('rustup', ['target', 'add', ...absent])
}

/** @param {string} program @param {string[]} args @param {string} [hint] */
async function succeed(program, args, hint) {
  /** @type {string[]} */
  const lines = []
  const code = await run(program, args, { line: (line) => void lines.push(line) })
  if (code === 0) return
  console.error(lines.join('\n'))
  const name = path.basename(program)
  throw new Failure(`${name}: expected \`${name} ${args.join(' ')}\` to succeed, got exit code ${code}${hint ? `; ${hint}` : ''}`)
}
