// The native addon: lib/eram.<platform>.node with its types lib/native.d.cts, and the files of lib/ that are generated from its lists.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { output, ROOT, run } from '../command.js'
import { Failure, log } from '../main.js'
import { fingerprint, recall, remember } from './stamp.js'
import { GENERATED, generate } from './tables.js'

const OURS = ['Cargo.toml', 'build.rs', '.cargo', 'src', 'migrations', 'scripts/setup/tables.js']
// Cargo may write its lock file while it builds.
const SOURCES = [...OURS, 'Cargo.lock']
const LIB = path.join(ROOT, 'lib')
const TYPES = 'native.d.cts'
/** The flags of a build, by profile; a better profile than requested counts as up to date. */
const FLAGS = { dev: [], release: ['--release'], publishing: ['--profile', 'publishing'] }
const RANKS = Object.keys(FLAGS)
const REPORT_EVERY_MS = 5_000

/** @param {import('./index.js').Profile} profile @param {string} folder of the set-up's own files @returns {import('./index.js').Step} */
export function addon(profile, folder) {
  const stamp = path.join(folder, 'addon.json')
  const sources = () => fingerprint(SOURCES, { facts: [process.platform, process.arch] })
  return {
    name: 'addon',
    stale() {
      const built = recall(stamp)
      const isThere = existsSync(path.join(LIB, TYPES)) && binaries().length > 0
      if (!built || !isThere) return `${profile} build with cargo; the first takes minutes`
      if (built.sources !== sources()) return `${profile} build with cargo (the Rust sources changed)`
      const isWorse = RANKS.indexOf(built.profile ?? '') < RANKS.indexOf(profile)
      return isWorse ? `${profile} build with cargo (the last one was ${built.profile})` : null
    },
    async perform() {
      if ((await output('cargo', ['--version'])) === null) {
        throw new Failure('addon: expected Rust 1.88 or later, found no cargo that runs; install it from https://rustup.rs')
      }
      const before = fingerprint(OURS)
      const out = path.join(folder, 'addon')
      rmSync(out, { recursive: true, force: true })
      mkdirSync(out, { recursive: true })
      await build(profile, path.relative(ROOT, out))
      const built = readdirSync(out)
      await generate(path.join(out, built.find((name) => name.endsWith('.node')) ?? ''), out)
      const changed = process.env.CI ? [TYPES, ...GENERATED].find((name) => differs(path.join(LIB, name), path.join(out, name))) : undefined
      // Moved, not written in place: a running process has the old file mapped into its memory.
      for (const name of [...built, ...GENERATED]) renameSync(path.join(out, name), path.join(LIB, name))
      if (changed) throw new Failure(`addon: expected lib/${changed} as this build generates it, got another; build it and commit it`)
      // Sources edited during the build must be built again.
      remember(stamp, { profile, sources: fingerprint(OURS) === before ? sources() : 'edited during the build' })
      return binaries().join(', ')
    },
  }
}

const binaries = () => readdirSync(LIB).filter((name) => name.endsWith('.node'))

/** @param {string} committed @param {string} built */
const differs = (committed, built) =>
  existsSync(committed) && existsSync(built) && readFileSync(committed, 'utf8') !== readFileSync(built, 'utf8')

/** @param {import('./index.js').Profile} profile @param {string} out */
async function build(profile, out) {
  const cli = path.join(ROOT, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js')
  const args = ['build', '--platform', ...FLAGS[profile], '--output-dir', out, '--no-js', '--dts', TYPES]
  /** What cargo prints besides its progress. @type {string[]} */
  const lines = []
  let crates = 0
  let reported = performance.now()
  const code = await run(process.execPath, [cli, ...args], {
    env: { CARGO_TERM_COLOR: 'never', NO_COLOR: '1' },
    line(line) {
      const [, verb, what = ''] = /^\s*(Compiling|Downloading|Downloaded|Updating|Locking|Adding|Blocking|Finished)\s+(.*)/.exec(line) ?? []
      if (!verb) return lines.push(line)
      if (verb === 'Compiling') crates++
      if (verb !== 'Blocking' && performance.now() - reported < REPORT_EVERY_MS) return
      reported = performance.now()
      log('addon', verb === 'Compiling' ? `${crates} crates so far, now ${what.replace(/ \(.*/, '')}` : `${verb} ${what}`)
    },
  })
  if (code === 0) return
  console.error(lines.join('\n'))
  throw new Failure(`addon: expected the ${profile} build to succeed, got exit code ${code}; cargo's output is above`)
}
