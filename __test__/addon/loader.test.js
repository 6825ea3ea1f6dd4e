// When the addon is loaded, and what the loader says when none loads, in applications with the real package whose installation went
// wrong.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { build } from 'esbuild'
import { newestGlibc } from '../../lib/addon/failure.js'
import { currentPlatform, fileOf, glibcVersion, PLATFORMS, packageOf } from '../../lib/addon/platforms.js'
import { packedFiles, platformManifest, publishedManifest, stagePlatform } from '../../scripts/package/stage.js'
import { finished, ROOT } from '../support/snippets.js'

const { platform, libc } = currentPlatform()
assert.ok(platform)
const PACKAGE = packageOf(platform)
const ADDON = path.join(ROOT, 'lib', fileOf(platform))
const { version } = publishedManifest()
const HERE = `${process.platform}-${process.arch}${libc === 'glibc' ? ` with glibc ${glibcVersion()}` : libc ? ` with ${libc}` : ''}`
const SYSTEM = `${HERE}, Node ${process.versions.node}`

const files = await packedFiles()
/** Checks a job, for which the addon is loaded. */
const FIRST_USE = `import('eramjs').then(({ defineJob }) => defineJob('First', () => {}).new())`

/** An application in which eramjs is installed, with the package of this platform unless `addon: false`. */
function application({ addon = true, manifest = publishedManifest() } = {}) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'eram-loader-')))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const modules = path.join(folder, 'node_modules')
  const eramjs = path.join(modules, 'eramjs')
  for (const file of files) {
    mkdirSync(path.dirname(path.join(eramjs, file)), { recursive: true })
    cpSync(path.join(ROOT, file), path.join(eramjs, file))
  }
  writeFileSync(path.join(eramjs, 'package.json'), JSON.stringify(manifest))
  if (addon && platform) cpSync(stagePlatform(folder, platform, ADDON), path.join(modules, PACKAGE), { recursive: true })
  return {
    folder,
    modules,
    addon: path.join(modules, PACKAGE, fileOf(/** @type {any} */ (platform))),
    /** @param {string} code @param {{ flags?: string[], env?: Record<string, string> }} [options] */
    async run(code, { flags = [], env } = {}) {
      const { code: exit, out } = await finished(process.execPath, [...flags, '-e', code], { cwd: folder, env })
      return { exit, out }
    },
    /** The error of loading the addon. @param {Record<string, string>} [env] */
    async failure(env) {
      const { out } = await this.run(`${FIRST_USE}.catch(({ code, message }) => console.log(code + ': ' + message))`, env ? { env } : {})
      return out.trimEnd()
    },
  }
}

describe('an addon that is there', () => {
  test('is loaded from the package of the platform, by import and by require', async () => {
    const app = application()
    const imported = await app.run(`${FIRST_USE}.then((draft) => console.log(draft.worker))`)
    assert.deepEqual(imported, { exit: 0, out: 'First\n' })
    const flags = Number(process.versions.node.split('.')[0]) < 25 ? ['--no-experimental-require-module'] : []
    const required = await app.run(`console.log(require('eramjs').defineJob('First', () => {}).new().worker)`, { flags })
    assert.deepEqual(required, { exit: 0, out: 'First\n' })
  })

  test('is loaded from where NAPI_RS_NATIVE_LIBRARY_PATH says', async () => {
    const app = application({ addon: false })
    assert.equal(await app.failure({ NAPI_RS_NATIVE_LIBRARY_PATH: ADDON }), '')
    assert.equal(
      await app.failure({ NAPI_RS_NATIVE_LIBRARY_PATH: '/no/such.node' }),
      'ERAM_ADDON: native addon: expected NAPI_RS_NATIVE_LIBRARY_PATH to name an addon, got /no/such.node, which is not there; ' +
        'correct it, or unset it',
    )
  })

  test('is refused if it is of another version', async () => {
    const app = application({ manifest: { ...publishedManifest(), version: '999.0.0' } })
    assert.equal(
      await app.failure(),
      `ERAM_ADDON: native addon: expected an addon of version 999.0.0, as eramjs has, got ${version} (${app.addon}); ` +
        'install eramjs again, with its optional dependencies',
    )
  })

  test('is named if it does not load, with the reason of the system', async () => {
    const app = application()
    writeFileSync(app.addon, 'a text\n'.repeat(1000))
    const message = await app.failure()
    assert.ok(
      message.startsWith(`ERAM_ADDON: native addon: expected an addon for ${SYSTEM}, got one that does not load: found ${app.addon}, but `),
    )
    assert.doesNotMatch(message, /but (it is for|undefined)/)
    assert.match(message, /; install eramjs on a system like this one, see docs\/guides\/installation\.md$/)
  })
})

describe('an addon that is missing', () => {
  test('is named, with the system and three commands that install it', async () => {
    const message = await application({ addon: false }).failure()
    const [first = '', ...commands] = message.split('\n')
    assert.equal(
      first,
      `ERAM_ADDON: native addon: expected the package ${PACKAGE} ${version} for ${SYSTEM}, got no such package; one of these installs it:`,
    )
    assert.deepEqual(
      commands.map((line) => line.trim().split(/ {2,}/)[0]),
      [
        'npm install --include=optional',
        'rm -rf node_modules package-lock.json && npm install',
        `npm install --os=${process.platform} --cpu=${process.arch}${libc ? ` --libc=${libc}` : ''}`,
        'pnpm and Yarn: supportedArchitectures, see docs/guides/installation.md',
      ],
    )
  })

  test('is named beside those of other platforms that are there', async () => {
    const app = application({ addon: false })
    const others = PLATFORMS.filter((each) => each !== platform && ['darwin-arm64', 'win32-x64-msvc', 'linux-x64-gnu'].includes(each.name))
    for (const other of others.slice(0, 2)) {
      mkdirSync(path.join(app.modules, packageOf(other)))
      writeFileSync(path.join(app.modules, packageOf(other), 'package.json'), JSON.stringify(platformManifest(other)))
    }
    const [first = ''] = (await app.failure()).split('\n')
    const names = others.slice(0, 2).map(packageOf).join(' and ')
    assert.ok(first.includes(`, got only ${names}, as node_modules was made for another platform; `), first)
  })

  test('is built in a checkout', async () => {
    const app = application({ addon: false })
    cpSync(path.join(ROOT, 'Cargo.toml'), path.join(app.modules, 'eramjs', 'Cargo.toml'))
    assert.match(await app.failure(), /, got no such package; run `npm run build`$/)
  })

  test('does not exist for every processor', async () => {
    const app = application({ addon: false })
    const other = `Object.defineProperty(process, 'arch', { value: 's390x' }); ${FIRST_USE}.catch((error) => console.log(error.message))`
    const { out } = await app.run(other)
    const system = `${process.platform}-s390x${libc ? ` with ${libc}` : ''}, Node ${process.versions.node}`
    assert.ok(
      out.startsWith(`native addon: expected a platform that there is an addon for (${PLATFORMS.map(({ name }) => name).join(', ')})`),
    )
    assert.ok(out.includes(`, got ${system}; build one from the sources`), out)
  })
})

describe('an addon of another system', { skip: process.platform === 'linux' ? false : 'addons of Linux' }, () => {
  /** Changes bytes of the installed addon. @param {(bytes: Buffer) => void} change */
  async function damaged(change) {
    const app = application()
    const bytes = readFileSync(app.addon)
    change(bytes)
    writeFileSync(app.addon, bytes)
    return app.failure()
  }

  test('that needs a newer glibc is said to need it', async () => {
    const message = await damaged((bytes) => {
      // The name of the version, where the file has it.
      const at = bytes.indexOf('GLIBC_2.3.4\0')
      assert.ok(at > 0)
      bytes.write('GLIBC_2.999', at)
    })
    assert.ok(message.includes(`for ${SYSTEM}, got one that does not load: found `), message)
    assert.match(message, /eram\.linux-\w+-gnu\.node, but it needs GLIBC_2\.999; install eramjs on a system like this one/)
  })

  test('that is for another processor is said to be', async () => {
    const other = process.arch === 'x64' ? { name: 'arm64', number: 183 } : { name: 'x64', number: 62 }
    assert.match(await damaged((bytes) => void bytes.writeUInt16LE(other.number, 18)), new RegExp(`, but it is for ${other.name}; `))
  })

  test('that is for musl is said to be', async () => {
    const message = await damaged((bytes) => {
      const at = bytes.indexOf('libc.so.6\0')
      assert.ok(at > 0)
      bytes.write('libc.so\0\0', at, 'latin1')
    })
    assert.match(message, /, but it is for musl; /)
  })
})

describe('a bundle that contains eramjs', () => {
  /** @param {'esm' | 'cjs'} format */
  async function bundled(format) {
    const app = application()
    const entry = path.join(app.folder, 'main.js')
    const outfile = path.join(app.folder, 'dist', `main.${format === 'esm' ? 'mjs' : 'cjs'}`)
    writeFileSync(entry, `import { defineJob } from 'eramjs'\nconsole.log(defineJob('First', () => {}).new())\n`)
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format, logLevel: 'silent' })
    const { code, out } = await finished(process.execPath, [outfile])
    assert.equal(code, 1, out)
    return { out, outfile }
  }

  const LINES = {
    esbuild: '--external:eramjs',
    Bun: '--external eramjs',
    'Next.js': `serverExternalPackages: ['eramjs']`,
    Vite: `ssr: { external: ['eramjs'] }`,
    Rollup: `external: ['eramjs']`,
    webpack: `externals: { eramjs: 'commonjs eramjs' }`,
  }

  for (const format of /** @type {const} */ (['esm', 'cjs'])) {
    test(`is told how each bundler leaves eramjs out (${format})`, async () => {
      const { out, outfile } = await bundled(format)
      const place = format === 'esm' ? outfile : 'a bundle'
      assert.ok(
        out.includes(`native addon: expected eramjs to be loaded from its own folder in node_modules, got its code in a bundle (${place})`),
      )
      for (const [name, line] of Object.entries(LINES))
        assert.match(out, new RegExp(`^ +${name} +${line.replace(/[[\]{}().]/g, '\\$&')}$`, 'm'))
    })
  }
})

describe('the versions of glibc', () => {
  test('are compared as numbers', () => {
    assert.equal(newestGlibc(['GLIBC_2.9', 'GCC_4.2.0', 'GLIBC_2.17', 'GLIBC_2.2.5', 'GLIBC_PRIVATE']), '2.17')
    assert.equal(newestGlibc([]), undefined)
  })
})

test('the package has no addon and no file of the checkout', () => {
  assert.deepEqual(
    files.filter((file) => /\.node$|^(src|__test__|scripts|node_modules|target)\//.test(file)),
    [],
  )
  for (const file of ['index.js', 'index.d.ts', 'LICENSE', 'README.md', 'THIRD-PARTY-NOTICES.txt', 'docs/guides/installation.md']) {
    assert.ok(files.includes(file), file)
  }
  assert.ok(readdirSync(path.join(ROOT, 'lib')).some((name) => name.endsWith('.node')) && existsSync(ADDON))
})
