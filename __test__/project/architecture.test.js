// The fence: who may import whom, and that nothing lies about unused. docs/architecture.md tells why.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { circles, files, imports, read, rust, rustGraph, rustImports, target } from '../support/sources.js'

// The modules of the crate, from the bottom to the top: each may use those before it, none may use one after it.
const MODULES = ['error', 'model', 'pg', 'store', 'retry_delay', 'telemetry', 'registry', 'notifier', 'enqueue', 'ack', 'queue'].concat([
  'cluster',
  'plugins',
  'engine',
  'binding',
])
const GENERATED = ['lib/native.cjs']
const LONGEST = 400

/** The top module of a Rust file: `queue` for src/queue/producer/demand.rs. @param {string} file */
const moduleOf = (file) => /^src\/([a-z_]+)/.exec(file)?.[1] ?? ''

// A table of contents, and what only tests see, may name everything.
const crate = files('src', '.rs').filter((file) => file !== 'src/lib.rs' && !/\btest(s|ing)\.rs$/.test(file))
const face = files('lib', '.js')
const guests = ['cli', 'web', 'bench', 'examples'].flatMap((folder) => files(folder, '.js'))

describe('Rust', () => {
  test('each file belongs to a module of the table, and each module of the table has files', () => {
    assert.deepEqual([...new Set(crate.map(moduleOf))].sort(), [...MODULES].sort())
  })

  test('imports point downwards', () => {
    const climbing = crate.flatMap((file) =>
      rustImports(file)
        .filter((name) => MODULES.indexOf(name) > MODULES.indexOf(moduleOf(file)))
        .map((name) => `${file} → ${name}`),
    )
    assert.deepEqual(climbing, [])
  })

  test('no files use each other in a circle', () => {
    const graph = rustGraph()
    // What the graph must know: a file named by a path, one behind a re-export, and one by `super`.
    const cluster = graph.get('src/cluster/heartbeat.rs') ?? []
    assert.ok(cluster.includes('src/queue/producer/mod.rs') && cluster.includes('src/ack/pending.rs'), cluster.join())
    assert.ok(cluster.includes('src/cluster/health.rs'), cluster.join())
    assert.deepEqual(circles(graph), [])
  })

  test('a waker knows no producer, a plugin neither producer nor another plugin', () => {
    /** @type {[RegExp, RegExp][]} */
    const fences = [
      [/^src\/queue\/waker/, /\b(executor|producer|ack|plugins)::/],
      [/^src\/queue\/executor/, /\b(producer|plugins)::/],
      [/^src\/plugins\/(?!mod\.rs)/, /\b(producer|executor)::|\bplugins::[a-z]/],
    ]
    const crossing = crate.filter((file) => fences.some(([from, to]) => from.test(file) && to.test(rust(file))))
    assert.deepEqual(crossing, [])
  })

  test('only the binding says napi', () => {
    assert.deepEqual(
      crate.filter((file) => moduleOf(file) !== 'binding' && /\bnapi\b/.test(rust(file))),
      [],
    )
  })

  test('each plugin is in the list', () => {
    const list = read('src/plugins/mod.rs')
    const plugins = files('src/plugins', '.rs').filter((file) => /\bconst DEFINITION: Definition\b/.test(rust(file)))
    assert.ok(plugins.length > 5, plugins.join())
    assert.deepEqual(
      plugins.filter((file) => !list.includes(`&${stem(file.replace('/mod.rs', '.rs'))}::DEFINITION,`)),
      [],
    )
  })
})

describe('SQL', () => {
  test('each migration is registered, and leads up and down', () => {
    const list = files('src/store', '.rs')
      .filter((file) => file.startsWith('src/store/migrat'))
      .map(rust)
      .join()
    const names = [...new Set(files('migrations', '').map(stem))]
    const pairs = names.flatMap((name) => [`migrations/${name}.down.sql`, `migrations/${name}.up.sql`])
    assert.deepEqual(files('migrations', ''), pairs)
    const strangers = names.filter((name) => !list.includes(`"${name}"`))
    assert.deepEqual(strangers, [])
  })

  test('each statement is used', () => {
    const store = files('src/store', '.rs').map(rust).join()
    assert.deepEqual(
      files('src/store/sql', '.sql').filter((file) => !new RegExp(`\\b${stem(file)}\\b`).test(store)),
      [],
    )
  })
})

describe('JavaScript', () => {
  test('one file opens the door to the addon', () => {
    const open = [...face, ...guests, 'index.js'].filter((file) => imports(file).some((name) => name.endsWith('native.cjs')))
    assert.deepEqual(open, ['lib/addon/native.js'])
  })

  test('lib needs Node and itself, no library', () => {
    const foreign = face.flatMap((file) =>
      imports(file)
        .filter((name) => !/^(node:|\.)/.test(name))
        .map((name) => `${file} → ${name}`),
    )
    assert.deepEqual(foreign, [])
  })

  test('cli, web, bench and examples use what users have: the public entry', () => {
    const privy = guests.flatMap((file) => {
      const folder = file.split('/')[0] ?? ''
      const targets = imports(file)
        .map((name) => target(file, name))
        .filter((path) => path !== null)
      return (
        targets
          .filter((path) => !path.startsWith(`${folder}/`) && !['index.js', 'package.json'].includes(path))
          // How libraries are opened, which is theirs and not ours, is said once.
          .filter((path) => folder !== 'bench' || !path.startsWith('__test__/libraries/'))
          .map((path) => `${file} → ${path}`)
      )
    })
    assert.deepEqual(privy, [])
  })

  test('each driver is in the list, and nothing in lib lies about unused', () => {
    const list = new Set(imports('lib/drivers/index.js').map((name) => target('lib/drivers/index.js', name)))
    const drivers = files('lib/drivers', '.js').filter((file) => /^\s*matches\b/m.test(read(file)) && file !== 'lib/drivers/index.js')
    assert.deepEqual(
      drivers.filter((file) => !list.has(file)),
      [],
    )
    const used = new Set([...face, ...guests, 'index.js'].flatMap((file) => imports(file).map((name) => target(file, name))))
    assert.deepEqual(
      face.filter((file) => !used.has(file)),
      [],
    )
  })
})

describe('Every file', () => {
  const rooms = [...files('src', '.rs'), ...face, ...files('cli', '.js')].filter((file) => !GENERATED.includes(file))

  test(`has at most ${LONGEST} lines`, () => {
    assert.deepEqual(
      rooms.filter((file) => read(file).split('\n').length - 1 > LONGEST),
      [],
    )
  })

  test('begins with what it does', () => {
    const others = [...guests, ...files('scripts', '.js'), ...files('__test__', '.js'), 'index.js']
    const told = /^(#!.*\n)?(\/\/ |\/\/! |\/\*\*)/
    assert.deepEqual(
      [...rooms, ...others].filter((file) => !told.test(read(file)) && !file.endsWith('/tests.rs')),
      [],
    )
  })
})

/** The name of a file without folders and ending. @param {string} file */
function stem(file) {
  return /([^/]+?)(\.\w+)+$/.exec(file)?.[1] ?? ''
}
