// eramjs as npm, pnpm and Yarn install it from a registry, with lock files of this platform and of another, and the quick start on it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { currentPlatform, PLATFORMS, packageOf } from '../../../lib/addon/platforms.js'
import { database } from '../support/database.js'
import { MANAGERS } from './managers.js'
import { project } from './project.js'
import { registry } from './registry.js'
import { packages } from './trial.js'

const { platform } = currentPlatform()
assert.ok(platform)
const OTHER = PLATFORMS.find(({ os, cpu }) => os === 'darwin' && cpu === 'arm64')

/** @type {Awaited<ReturnType<typeof registry>>} */
let server
before(async () => {
  server = await registry(await packages(platform.name))
})
after(() => server?.stop())

const ALL = PLATFORMS.map(packageOf).sort()
const FOR_OTHER = [`--os=${OTHER?.os}`, `--cpu=${OTHER?.cpu}`]

describe('npm', () => {
  test('installs the package of this platform alone, runs no script, and the quick start runs', async (t) => {
    const app = project(t, server)
    await app.does('npm', 'install')
    assert.deepEqual(app.installed(), [platform.name])
    const lock = JSON.parse(readFileSync(path.join(app.folder, 'package-lock.json'), 'utf8')).packages
    const listed = Object.keys(lock).map((place) => place.replace('node_modules/', ''))
    assert.deepEqual(listed.filter((name) => name.startsWith('eramjs-')).sort(), ALL)
    for (const [place, entry] of Object.entries(lock)) assert.equal(entry.hasInstallScript, undefined, place)
    const url = await database(t, { migrate: false })
    for (const program of ['main.cjs', 'main.mjs']) await app.quickStart(url, { migrate: ['npx', 'eramjs', 'migrate'], run: [program] })
  })

  test('installs it by a lock file that another platform wrote', async (t) => {
    const app = project(t, server)
    await app.does('npm', 'install', ...FOR_OTHER)
    assert.deepEqual(app.installed(), [OTHER?.name])
    app.remove('node_modules')
    await app.does('npm', 'ci')
    assert.deepEqual(app.installed(), [platform.name])
    assert.equal(await app.failure(), 'loaded')
  })

  test('11 keeps all platforms in a lock file that is made again beside node_modules', async (t) => {
    const app = project(t, server)
    await app.does('npm', 'install', ...FOR_OTHER)
    app.remove('package-lock.json')
    await app.does('npm', 'install', ...FOR_OTHER)
    app.remove('node_modules')
    await app.does('npm', 'ci')
    assert.equal(await app.failure(), 'loaded')
  })

  test('10 loses them there, and the message has the command that helps', async (t) => {
    const app = project(t, server)
    await app.does('npm 10', 'install', ...FOR_OTHER)
    app.remove('package-lock.json')
    await app.does('npm 10', 'install', ...FOR_OTHER)
    app.remove('node_modules')
    await app.does('npm 10', 'ci')
    assert.deepEqual(app.installed(), [])
    const message = await app.failure()
    assert.match(message, /got no such package; one of these installs it:/)
    assert.match(message, /^ +rm -rf node_modules package-lock\.json && npm install +if the lock file was made on another platform$/m)
    app.remove('node_modules', 'package-lock.json')
    await app.does('npm 10', 'install')
    assert.equal(await app.failure(), 'loaded')
  })

  test('leaves it out without optional dependencies, and the message has the command that helps', async (t) => {
    const app = project(t, server)
    await app.does('npm', 'install', '--omit=optional')
    assert.match(await app.failure(), /^ +npm install --include=optional +if optional dependencies were left out$/m)
    await app.does('npm', 'install', '--include=optional')
    assert.equal(await app.failure(), 'loaded')
  })

  test('installs for another platform with the command of the message, which names what is there', async (t) => {
    const app = project(t, server)
    for (const each of PLATFORMS.filter(({ name }) => name !== platform.name && !name.startsWith('win32'))) {
      await app.does('npm', 'install', `--os=${each.os}`, `--cpu=${each.cpu}`, ...(each.libc ? [`--libc=${each.libc}`] : []))
      assert.deepEqual(app.installed(), [each.name])
      assert.ok((await app.failure()).includes(`, got only ${packageOf(each)}, as node_modules was made for another platform; `))
    }
  })
})

describe('pnpm', () => {
  test('installs the package of this platform alone, and the quick start runs', async (t) => {
    const app = project(t, server, { files: { '.npmrc': `registry=${server.url}\n` } })
    await app.does('pnpm', 'install', '--no-frozen-lockfile')
    assert.deepEqual(inStore(app.folder), [packageOf(platform)])
    await app.quickStart(await database(t, { migrate: false }), { migrate: ['pnpm', 'exec', 'eramjs', 'migrate'], run: ['main.mjs'] })
  })

  test('installs those of supportedArchitectures, by a lock file of any platform', async (t) => {
    const files = {
      '.npmrc': `registry=${server.url}\n`,
      'pnpm-workspace.yaml': `supportedArchitectures:\n  os: [${OTHER?.os}]\n  cpu: [${OTHER?.cpu}]\n`,
    }
    const app = project(t, server, { files })
    await app.does('pnpm', 'install', '--no-frozen-lockfile')
    assert.deepEqual(inStore(app.folder), [packageOf(/** @type {any} */ (OTHER))])
    app.remove('node_modules')
    app.write('pnpm-workspace.yaml', '')
    await app.does('pnpm', 'install', '--frozen-lockfile')
    assert.deepEqual(inStore(app.folder), [packageOf(platform)])
    assert.equal(await app.failure(), 'loaded')
  })
})

describe('Yarn', () => {
  for (const linker of ['node-modules', 'pnp']) {
    test(`installs the package of this platform with ${linker}, and the quick start runs`, async (t) => {
      const app = project(t, server, { files: { '.yarnrc.yml': `nodeLinker: ${linker}\n`, 'yarn.lock': '' } })
      await app.does('yarn', 'install')
      const lock = readFileSync(path.join(app.folder, 'yarn.lock'), 'utf8')
      assert.deepEqual([...lock.matchAll(/^"(eramjs-[^@]+)@/gm)].map(([, name]) => name).sort(), ALL)
      assert.equal(app.has('node_modules'), linker === 'node-modules')
      const url = await database(t, { migrate: false })
      for (const program of ['main.cjs', 'main.mjs']) {
        await app.quickStart(url, { migrate: ['yarn', 'eramjs', 'migrate'], run: [MANAGERS.yarn, 'node', program] })
      }
    })
  }
})

/** The packages of platforms that pnpm has put into its own folder. @param {string} folder */
function inStore(folder) {
  return readdirSync(path.join(folder, 'node_modules', '.pnpm')).flatMap((name) => /^(eramjs-.+)@/.exec(name)?.[1] ?? [])
}
