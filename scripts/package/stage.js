// The folders that npm packs: eramjs without an addon, and a package for each platform with nothing else.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileOf, PLATFORMS, packageOf } from '../../lib/addon/platforms.js'
import { npm, ROOT } from '../command.js'
import { Failure } from '../main.js'
import { NOTICES } from './notices.js'

/** @typedef {import('./options.js').Platform} Platform */
/** @typedef {Record<string, any>} Manifest */

/** What is for a checkout only. */
const OF_CHECKOUT = ['scripts', 'devDependencies', 'overrides', 'napi', 'private']
const SYSTEMS = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }

/** @returns {Manifest} */
const manifest = () => JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))

/** The manifest under which eramjs is published. @param {Manifest} [own] that of the checkout @returns {Manifest} */
export function publishedManifest(own = manifest()) {
  const kept = Object.fromEntries(Object.entries(own).filter(([key]) => !OF_CHECKOUT.includes(key)))
  const optionalDependencies = Object.fromEntries(PLATFORMS.map((platform) => [packageOf(platform), own.version]))
  // Job threads start from files, which Yarn otherwise leaves in an archive.
  return { ...kept, ...repository(), optionalDependencies, preferUnplugged: true }
}

/** @param {Platform} platform @param {Manifest} [own] that of the checkout @returns {Manifest} */
export function platformManifest(platform, own = manifest()) {
  const { os, cpu, libc } = platform
  const { version, license, author, engines } = own
  const where = `${SYSTEMS[/** @type {keyof typeof SYSTEMS} */ (os)]} on ${cpu}${libc ? ` with ${libc}` : ''}`
  return {
    name: packageOf(platform),
    version,
    description: `The native addon of eramjs for ${where}. Installed with eramjs, where it fits.`,
    license,
    author,
    ...repository(),
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    main: fileOf(platform),
    files: [fileOf(platform), NOTICES],
    preferUnplugged: true,
  }
}

/** Where the package is built, which npm compares with the statement of provenance. */
function repository() {
  const { GITHUB_REPOSITORY: name, GITHUB_SERVER_URL: server } = process.env
  return name && server ? { repository: { type: 'git', url: `git+${server}/${name}.git` } } : {}
}

/** @param {string} out @returns {Promise<string>} the folder */
export async function stageMain(out) {
  const folder = path.join(out, 'packages', 'eramjs')
  for (const file of await packedFiles()) copy(path.join(ROOT, file), path.join(folder, file))
  write(folder, publishedManifest())
  return folder
}

/** @param {string} out @param {Platform} platform @param {string} file the addon @returns {string} the folder */
export function stagePlatform(out, platform, file) {
  const folder = path.join(out, 'packages', packageOf(platform))
  const described = platformManifest(platform)
  copy(file, path.join(folder, fileOf(platform)))
  for (const name of ['LICENSE', NOTICES]) copy(path.join(ROOT, name), path.join(folder, name))
  writeFileSync(path.join(folder, 'README.md'), `# ${described.name}\n\n${described.description}\n`)
  write(folder, described)
  return folder
}

/** Packs a folder; returns the archive. @param {string} folder @param {string} out */
export async function pack(folder, out) {
  const [{ filename }] = await packed(folder, [`--pack-destination=${out}`])
  return path.join(out, filename)
}

/** The files of eramjs, by the rules of the checkout's manifest. @returns {Promise<string[]>} */
export async function packedFiles() {
  const [{ files }] = await packed(ROOT, ['--dry-run'])
  return files.map((/** @type {{ path: string }} */ each) => each.path)
}

/** @param {string} folder @param {string[]} args @returns {Promise<any>} */
async function packed(folder, args) {
  /** @type {string[]} */
  const lines = []
  const flags = ['--json', '--ignore-scripts', '--loglevel=error']
  const code = await npm(['pack', folder, ...flags, ...args], { line: (line) => void lines.push(line) })
  if (code !== 0) throw new Failure(`npm pack ${folder}: expected it to succeed, got exit code ${code}:\n${lines.join('\n')}`)
  const [first] = Object.values(JSON.parse(lines.join('\n')))
  return [first]
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  mkdirSync(path.dirname(to), { recursive: true })
  cpSync(from, to)
}

/** @param {string} folder @param {Manifest} contents */
function write(folder, contents) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(contents, null, 2)}\n`)
}

/** The archives in a folder. @param {string} out */
export const archives = (out) => readdirSync(out).filter((name) => name.endsWith('.tgz'))
