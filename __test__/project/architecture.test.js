// The rules of docs/architecture.md: which files may import which, and that every file is used.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PLATFORMS, packageOf } from '../../lib/addon/platforms.js'
import { cycles, files, imports, read, rust, rustGraph, rustImports, target } from '../support/sources.js'

// The modules of the crate, from the bottom to the top: each may use those before it, none may use one after it.
const MODULES = [
  'text',
  'error',
  'model',
  'pg',
  'store',
  'retry_delay',
  'telemetry',
  'refusals',
  'metrics',
  'registry',
  'notifier',
  'enqueue',
  'ack',
  'queue',
].concat(['cluster', 'plugins', 'engine', 'binding'])
// The folders of lib, from the top to the bottom. A folder may use those of lower levels, through their index.js; files of shared
// are used directly.
/** @type {string[][]} */
const LEVELS = [
  ['entries'],
  ['testing'],
  ['engine'],
  ['perform', 'operations'],
  ['enqueue', 'workers'],
  ['loading', 'middleware', 'telemetry'],
  ['job', 'plugins', 'drivers', 'producer'],
  ['transactions', 'events', 'addon'],
  ['shared'],
]
/** The entries of the package. */
const ENTRIES = ['index.js', 'enqueue.js', 'testing.js']
const LOADER = 'lib/addon/load.js'
const CLI_IMPORTS = [
  'lib/operations/index.js',
  'lib/loading/index.js',
  'lib/shared/exact.js',
  'lib/shared/json.js',
  'lib/shared/text.js',
  'integrations/client/index.js',
  'integrations/http/index.js',
  'integrations/web/index.js',
]
const LONGEST = 400
const LONGEST_OF_LIB = 300

/** The top module of a Rust file: `queue` for src/queue/producer/demand.rs. @param {string} file */
const moduleOf = (file) => /^src\/([a-z_]+)/.exec(file)?.[1] ?? ''

// A table of contents, and what only tests see, may name everything.
const crate = files('src', '.rs').filter((file) => file !== 'src/lib.rs' && !/\btest(s|ing)\.rs$/.test(file))
const face = files('lib', '.js')
const guests = ['integrations', 'cli', 'web', 'bench', 'examples']
  .flatMap((folder) => files(folder, '.js'))
  // What is built from web/.
  .filter((file) => !file.startsWith('web/dist/'))
/** The dashboard, which runs in browsers. */
const dashboard = ['.ts', '.tsx'].flatMap((ending) => files('web', ending))

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

  test('no files use each other in a cycle', () => {
    const graph = rustGraph()
    // What the graph must know: a file named by a path, one behind a re-export, and one by `super`.
    const cluster = graph.get('src/cluster/heartbeat.rs') ?? []
    assert.ok(cluster.includes('src/queue/producer/mod.rs') && cluster.includes('src/ack/pending.rs'), cluster.join())
    assert.ok(cluster.includes('src/cluster/health.rs'), cluster.join())
    assert.deepEqual(cycles(graph), [])
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
  test('one file loads the addon, from the package of any platform', () => {
    const loading = [...face, ...guests, ...ENTRIES].filter((file) => imports(file).some((name) => name.startsWith('eramjs-')))
    assert.deepEqual(loading, [LOADER])
    assert.deepEqual(
      imports(LOADER).filter((name) => name.startsWith('eramjs-')),
      PLATFORMS.map(packageOf),
    )
  })

  test('lib needs Node and itself, no library', () => {
    const foreign = face.flatMap((file) =>
      imports(file)
        .filter((name) => !/^(node:|\.)/.test(name) && !(file === LOADER && name.startsWith('eramjs-')))
        .map((name) => `${file} → ${name}`),
    )
    assert.deepEqual(foreign, [])
  })

  test('integrations, cli, web, bench and examples import only the public entry', () => {
    const inner = guests.flatMap((file) => {
      const folder = file.split('/')[0] ?? ''
      return (
        targets(file)
          .filter((path) => !path.startsWith(`${folder}/`) && !['index.js', 'testing.js', 'package.json'].includes(path))
          // The reaper, which ends what a killed process leaves behind, is shared.
          .filter((path) => folder !== 'bench' || path !== 'scripts/processes.js')
          // Probes, scrapes and the dashboard are measured too.
          .filter((path) => folder !== 'bench' || !['integrations/http/index.js', 'integrations/web/index.js'].includes(path))
          // The API serves its own description and the dashboard, and a command the skill.
          .filter((path) => !['docs/reference/openapi.json', 'web/dist/'].includes(path) && !path.startsWith('skills/'))
          // Commands follow from the table of operations; a worker imports job files, and serves its health; tools call the API.
          .filter((path) => folder !== 'cli' || !CLI_IMPORTS.includes(path))
          .map((path) => `${file} → ${path}`)
      )
    })
    assert.deepEqual(inner, [])
  })

  test('eramjs/enqueue needs no module of Node, and no addon', () => {
    /** @type {Set<string>} */
    const reached = new Set(['enqueue.js'])
    for (const file of reached) for (const to of targets(file)) reached.add(to)
    assert.ok(reached.size > 20, [...reached].join())
    const foreign = [...reached].flatMap((file) => imports(file).filter((name) => !name.startsWith('.')))
    assert.deepEqual(foreign, [])
    const globals = [...reached].filter((file) => /\b(?:process|Buffer|require|setImmediate|__dirname|import\.meta)\b[.(]/.test(code(file)))
    assert.deepEqual(globals, [])
  })

  test('the dashboard needs no module of Node and none of the package but types, and writes no HTML', () => {
    const foreign = dashboard.flatMap((file) =>
      imports(file)
        .filter(
          (name) =>
            !/^(\.|preact|@preact\/signals|uplot|eramjs$)/.test(name) || (target(file, name) ?? 'web/').startsWith('web/') === false,
        )
        .filter((name) => name !== '../integrations/client/index.d.ts' && name !== '..')
        .map((name) => `${file} → ${name}`),
    )
    assert.deepEqual(foreign, [])
    const writing = dashboard.filter((file) => /\b(dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML)\b/.test(read(file)))
    assert.deepEqual(writing, [])
  })

  test('each folder of lib has a level, and imports point downwards', () => {
    const levelOf = (/** @type {string} */ file) => LEVELS.findIndex((folders) => folders.includes(folderOf(file)))
    assert.deepEqual(
      face.filter((file) => levelOf(file) < 0),
      [],
    )
    const wrong = face.flatMap((file) =>
      targets(file)
        .filter((to) => to.startsWith('lib/') && !isStarted(to))
        .filter((to) => folderOf(to) !== folderOf(file) && levelOf(to) <= levelOf(file))
        .map((to) => `${file} → ${to}`),
    )
    assert.deepEqual(wrong, [])
  })

  test('a folder of lib is used through its index.js', () => {
    const around = [...face, ...ENTRIES].flatMap((file) =>
      targets(file)
        .filter((to) => to.startsWith('lib/') && !isStarted(to))
        .filter((to) => folderOf(to) !== folderOf(file) && folderOf(to) !== 'shared' && to !== `lib/${folderOf(to)}/index.js`)
        .map((to) => `${file} → ${to}`),
    )
    assert.deepEqual(around, [])
  })

  test('the table of contents of a folder names each of its files', () => {
    const folders = LEVELS.flat().filter((folder) => !['entries', 'shared'].includes(folder))
    const unlisted = folders.flatMap((folder) =>
      files(`lib/${folder}`, '.js')
        .map((file) => file.slice(`lib/${folder}/`.length))
        .filter((name) => name !== 'index.js' && !read(`lib/${folder}/index.js`).includes(`//   ${name.replace(/\/.*/, '/')} `))
        .map((name) => `lib/${folder}/${name}`),
    )
    assert.deepEqual(unlisted, [])
  })

  test('no files import each other in a cycle', () => {
    const all = [...face, ...files('cli', '.js'), ...files('__test__/support', '.js'), ...ENTRIES].filter((file) => !isStarted(file))
    const graph = new Map(all.map((file) => [file, targets(file).filter((to) => !isStarted(to))]))
    assert.deepEqual(cycles(graph), [])
    assert.deepEqual(cycles(new Map(Object.entries({ a: ['b'], b: ['c'], c: ['b'] }))), ['b → c → b'])
  })

  test('each driver is in the list, and every file of lib is used', () => {
    for (const folder of ['lib/transactions/libraries', 'lib/drivers/libraries']) {
      const list = new Set(targets(`${folder}/index.js`))
      const unlisted = files(folder, '.js').filter((file) => file !== `${folder}/index.js` && !list.has(file))
      assert.deepEqual(unlisted, [])
    }
    const used = new Set([...face, ...guests, ...ENTRIES].flatMap(targets))
    assert.deepEqual(
      face.filter((file) => !used.has(file)),
      [],
    )
  })
})

/** The files of the project that a JavaScript file imports. @param {string} file @returns {string[]} */
function targets(file) {
  return imports(file).flatMap((name) => target(file, name) ?? [])
}

/** Whether Node runs the file in a thread or process of its own, which others only name by a URL. @param {string} file */
function isStarted(file) {
  return file.startsWith('lib/entries/')
}

/** A file without its comments and texts. @param {string} file */
function code(file) {
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, '')
}

/** The folder of a file of lib. @param {string} file */
function folderOf(file) {
  return file.split('/')[1] ?? ''
}

describe('Every file', () => {
  const sources = [...files('src', '.rs'), ...face, ...files('cli', '.js'), ...dashboard]

  test(`has at most ${LONGEST} lines`, () => {
    assert.deepEqual(
      sources.filter((file) => read(file).split('\n').length - 1 > LONGEST),
      [],
    )
  })

  test(`of lib has at most ${LONGEST_OF_LIB} lines`, () => {
    assert.deepEqual(
      face.filter((file) => read(file).split('\n').length - 1 > LONGEST_OF_LIB),
      [],
    )
  })

  test('begins with what it does', () => {
    const others = [...guests, ...files('scripts', '.js'), ...files('__test__', '.js'), ...ENTRIES]
    const opening = /^(#!.*\n)?(\/\/ |\/\/! |\/\*\*)/
    assert.deepEqual(
      [...sources, ...others].filter((file) => !opening.test(read(file)) && !file.endsWith('/tests.rs')),
      [],
    )
  })
})

/** The name of a file without folders and ending. @param {string} file */
function stem(file) {
  return /([^/]+?)(\.\w+)+$/.exec(file)?.[1] ?? ''
}
