// The native addon: lib/eram.<platform>.node with its loader lib/native.cjs and its types lib/native.d.cts, and the files of lib/
// that are generated from its lists.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { output, ROOT, run } from '../command.js'
import { Failure } from '../main.js'
import { say } from '../say.js'
import { fingerprint, recall, remember } from './stamp.js'
import { GENERATED, generate } from './tables.js'

const OURS = ['Cargo.toml', 'build.rs', '.cargo', 'src', 'migrations', 'scripts/setup/tables.js']
// Cargo may write its lock file while it builds.
const SOURCES = [...OURS, 'Cargo.lock']
/** @type {Record<import('./index.js').Profile, { flags: string[], rank: number }>} */
const PROFILES = {
  dev: { flags: [], rank: 0 },
  release: { flags: ['--release'], rank: 1 },
  publishing: { flags: ['--profile', 'publishing'], rank: 2 },
}
const SAY_EVERY_MS = 5_000

/**
 * @param {import('./index.js').Profile} profile
 * @param {string} folder where the set-up keeps its own files
 * @returns {import('./index.js').Step}
 */
export function addon(profile, folder) {
  const stamp = path.join(folder, 'addon.json')
  const sources = () => fingerprint(SOURCES, { facts: [process.platform, process.arch] })
  return {
    name: 'addon',
    stale() {
      const built = recall(stamp)
      const what = `${profile} build with cargo; the first takes minutes`
      if (!built || !existsSync(path.join(ROOT, 'lib', 'native.cjs')) || !binaries(path.join(ROOT, 'lib')).length) return what
      if (built.sources !== sources()) return `${profile} build with cargo (the Rust sources changed)`
      // A better build than the one wanted will do.
      const { rank } = PROFILES[/** @type {import('./index.js').Profile} */ (built.profile)] ?? PROFILES.dev
      return rank < PROFILES[profile].rank ? `${profile} build with cargo (the last one was ${built.profile})` : null
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
      await generate(path.join(out, binaries(out)[0] ?? ''), out)
      const drifted = process.env.CI ? drift(out) : undefined
      // Moved, not written in place: a running process has the old file mapped into its memory.
      for (const name of [...built, ...GENERATED]) renameSync(path.join(out, name), path.join(ROOT, 'lib', name))
      if (drifted) throw new Failure(`addon: expected lib/${drifted} as this build generates it, got another; build it and commit it`)
      // What somebody edited meanwhile must be built again.
      remember(stamp, { profile, sources: fingerprint(OURS) === before ? sources() : 'edited during the build' })
      return binaries(path.join(ROOT, 'lib')).join(', ')
    },
  }
}

/**
 * The generated file that a commit brought along and that is not what the sources give.
 *
 * @param {string} out
 */
function drift(out) {
  return ['native.cjs', 'native.d.cts', ...GENERATED].find((name) => {
    const [committed, built] = [path.join(ROOT, 'lib', name), path.join(out, name)]
    return existsSync(committed) && existsSync(built) && readFileSync(committed, 'utf8') !== readFileSync(built, 'utf8')
  })
}

/** @param {string} folder */
const binaries = (folder) => readdirSync(folder).filter((name) => name.endsWith('.node'))

/**
 * @param {import('./index.js').Profile} profile
 * @param {string} out
 */
async function build(profile, out) {
  const cli = path.join(ROOT, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js')
  const args = ['build', '--platform', ...PROFILES[profile].flags, '--output-dir', out, '--js', 'native.cjs', '--dts', 'native.d.cts']
  const progress = new Progress()
  const code = await run(process.execPath, [cli, ...args], {
    line: (line) => progress.line(line),
    env: { CARGO_TERM_COLOR: 'never', NO_COLOR: '1' },
  })
  if (code === 0) return
  console.error(progress.words.join('\n'))
  throw new Failure(`addon: expected the ${profile} build to succeed, got exit code ${code}; cargo's own words are above`)
}

/** Makes a line now and then of the hundreds that cargo writes, and keeps those that matter if it fails. */
class Progress {
  /** @type {string[]} */
  words = []
  #crates = 0
  #said = performance.now()

  /** @param {string} line */
  line(line) {
    const match = /^\s*(Compiling|Downloading|Downloaded|Updating|Locking|Adding|Blocking|Finished)\s+(.*)/.exec(line)
    if (!match) {
      this.words.push(line)
      return
    }
    const [, verb, what = ''] = match
    if (verb === 'Compiling') this.#crates++
    const isDue = performance.now() - this.#said > SAY_EVERY_MS
    if (verb !== 'Blocking' && !isDue) return
    this.#said = performance.now()
    say('addon', verb === 'Compiling' ? `${this.#crates} crates so far, now ${what.replace(/ \(.*/, '')}` : `${verb} ${what}`)
  }
}
