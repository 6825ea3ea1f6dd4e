// On a clean Debian and on a system with musl, without a compiler: npm install from the registry, and the quick start.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { run } from '../../../scripts/command.js'
import { database } from '../support/database.js'
import { jobs } from './jobs.js'
import { quickStartFiles, untilDone } from './project.js'
import { registry } from './registry.js'
import { debian, hindrance, inRoot, musl, rootsFolder } from './roots.js'
import { packages } from './trial.js'

const COMPILERS = ['cc', 'gcc', 'clang', 'make', 'python3', 'cargo']
const APP = '/srv/app'
const PATH = '/usr/local/bin:/usr/bin:/bin'

describe('a clean system', { skip: hindrance() }, () => {
  /** @type {Awaited<ReturnType<typeof registry>>} */
  let server
  /** @type {{ debian: string, musl: string }} */
  let roots
  /** @type {Awaited<ReturnType<typeof packages>>} */
  let forMusl
  const { folder, remove } = rootsFolder()

  before(async () => {
    forMusl = await packages('linux-x64-musl')
    server = await registry(await packages('linux-x64-gnu'), forMusl)
    const base = await debian(folder)
    roots = { debian: base, musl: await musl(folder, base) }
  })
  after(() => {
    server?.stop()
    remove()
  })

  for (const [name, expected] of /** @type {const} */ ([
    ['debian', 'eramjs-linux-x64-gnu'],
    ['musl', 'eramjs-linux-x64-musl'],
  ])) {
    test(`${name}: npm install brings ${expected}, and the quick start runs`, async (t) => {
      const root = roots[name]
      const url = await database(t, { migrate: false })
      const binaries = ['usr/bin', 'usr/local/bin'].flatMap((each) => readdirSync(path.join(root, each)))
      assert.deepEqual(
        COMPILERS.filter((each) => binaries.includes(each)),
        [],
      )
      assert.equal(existsSync(path.join(root, 'usr/lib/x86_64-linux-gnu/libc.so.6')), name === 'debian')
      mkdirSync(path.join(root, APP), { recursive: true })
      const files = { ...quickStartFiles(), 'package.json': JSON.stringify({ name: 'app', private: true, dependencies: { eramjs: '*' } }) }
      for (const [file, text] of Object.entries(files)) writeFileSync(path.join(root, APP, file), text)

      const [program = '', ...prefix] = inRoot(root, APP)
      const env = { PATH, HOME: '/root', npm_config_registry: server.url, DATABASE_URL: url }
      for (const command of [
        ['npm', 'install', '--no-audit', '--no-fund'],
        ['npx', 'eramjs', 'migrate'],
      ]) {
        /** @type {string[]} */
        const lines = []
        const clean = Object.fromEntries(Object.keys(process.env).map((key) => [key, undefined]))
        const code = await run(program, [...prefix, ...command], { env: { ...clean, ...env }, line: (line) => void lines.push(line) })
        assert.equal(code, 0, lines.join('\n'))
      }
      const modules = readdirSync(path.join(root, APP, 'node_modules')).filter((each) => each.startsWith('eramjs'))
      assert.deepEqual(modules, ['eramjs', expected])
      await untilDone(spawn(program, [...prefix, 'node', 'main.mjs'], { env, detached: true }))
    })
  }

  test('musl: 400 jobs are performed', async (t) => {
    const { eramjs, addon } = forMusl
    const command = [...inRoot(roots.musl, '/tmp'), 'node']
    assert.deepEqual(await jobs(t, { archives: [eramjs, addon], command, root: roots.musl, env: { PATH } }), {
      system: 'linux x64',
      addon: 'eramjs-linux-x64-musl',
      jobs: [{ state: 'completed', count: 400 }],
    })
  })
})
