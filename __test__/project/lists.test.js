// Each list has one home in the engine; whatever repeats it (SQL, generated files, declarations, documents) repeats it exactly.
import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import ts from 'typescript-5.4'
import { FILTER } from '../../cli/jobs/filter.js'
import { native } from '../../lib/addon/native.js'
import { PLATFORMS, packageOf } from '../../lib/addon/platforms.js'
import { operations } from '../../lib/operations/index.js'
import { render } from '../../scripts/setup/tables.js'
import { memberNames, unionOf } from '../support/declarations.js'
import { ROOT } from '../support/snippets.js'
import { files, read } from '../support/sources.js'

/** @type {import('../../scripts/setup/tables.js').Tables} */
const tables = JSON.parse(native().tables())

/** @param {string[]} names */
const sorted = (names) => [...new Set(names)].sort()

/**
 * The rows of a table in a document, each as its cells.
 *
 * @param {string} document
 * @param {string} header the first line of the table, or how it begins
 * @param {string} [heading] the section that it is in
 */
function rowsOf(document, header, heading = '') {
  const text = read(document)
  const [, below = ''] = text.slice(Math.max(text.indexOf(heading), 0)).split(header)
  const lines = (below.split('\n\n')[0] ?? '').split('\n').slice(2)
  const rows = lines.filter(Boolean).map((line) => line.slice(2, -2).split(' | '))
  assert.ok(rows.length > 0, `${document}: expected a table ${header}`)
  return rows
}

/** The name in the first cell of each row. @param {string[][]} rows */
const firsts = (rows) => rows.map(([first = '']) => first.replaceAll('`', ''))

/** The text between two others, which must be there. @param {string} text @param {string} from @param {string} to */
function between(text, from, to) {
  const start = text.indexOf(from)
  const end = text.indexOf(to, start + from.length)
  assert.ok(start >= 0 && end >= 0, `expected ${from} … ${to}`)
  return text.slice(start + from.length, end)
}

/** @param {string} list separated by commas */
const split = (list) => list.split(',').map((each) => each.trim())

test('generated files are what the generator makes of the lists', () => {
  for (const [name, text] of Object.entries(render(tables))) assert.equal(read(`lib/${name}`), text, `lib/${name}: run \`npm run build\``)
})

test('TypeScript that does not know `exports` finds the declarations of each sub-path', () => {
  const { exports, typesVersions } = JSON.parse(read('package.json'))
  const declared = Object.entries(exports).map(([path, entry]) => [path.slice(2), (entry.import ?? entry).types])
  const apart = declared.filter(([path, types]) => path && types !== undefined && types !== `./${path}.d.ts`)
  assert.deepEqual(Object.fromEntries(apart.map(([path, types]) => [path, [types]])), typesVersions['*'])
})

test('the guide to searches has the qualifiers of the engine', () => {
  const rows = rowsOf('docs/guides/search.md', '| qualifier | finds jobs | example |')
  const listed = tables.search_qualifiers.map(({ name, meaning, example }) => [`\`${name}\``, meaning, `\`${example}\``])
  assert.deepEqual(rows, listed)
})

describe('events', () => {
  const events = [...tables.events.engine, ...tables.events.isolates, ...tables.events.javascript]
  const names = sorted(events.map(({ name }) => name))

  test('none has two entries', () => {
    assert.equal(names.length, events.length)
  })

  test('the declarations have each, with its members', () => {
    assert.deepEqual(memberNames('EngineEvents'), names)
    const declared = declaredEvents()
    for (const { name, fields } of events) {
      const { members = [], isOpen = false } = declared.get(name) ?? {}
      const listed = sorted(['event', ...fields.map(([field]) => field)])
      // An index signature stands for details that may change.
      if (isOpen) assert.deepEqual(sorted([...members, ...listed]), listed, name)
      else assert.deepEqual(members, listed, name)
    }
  })

  test('the guide has a row for each', () => {
    assert.deepEqual(sorted(firsts(rowsOf('docs/guides/operations.md', '| event | when |'))), names)
  })

  test('JavaScript names no others, and each local one', () => {
    const prefixes = sorted(names.map((name) => name.split(':')[0] ?? ''))
    const sources = files('lib', '.js').filter((file) => file !== 'lib/events/kinds.js')
    const literals = sources.flatMap((file) => [...read(file).matchAll(/'([a-z]+):([a-z]+)'/g)])
    const used = sorted(literals.flatMap(([, prefix = '', rest]) => (prefixes.includes(prefix) ? `${prefix}:${rest}` : [])))
    assert.deepEqual(
      used,
      // Permissions of the HTTP API look alike.
      used.filter((name) => names.includes(name) || operations.some(({ remote }) => remote?.permission === name)),
    )
    const local = [...tables.events.isolates, ...tables.events.javascript].map(({ name }) => name)
    assert.deepEqual(
      local,
      local.filter((name) => used.includes(name)),
    )
  })

  test('warnings: the guide and the declarations have each', () => {
    const rows = rowsOf('docs/guides/operations.md', '| warning | when | what to do |')
    assert.deepEqual(firsts(rows).sort(), [...tables.warnings].sort())
    assert.deepEqual(declaredEvents().get('warning')?.warnings, [...tables.warnings].sort())
  })
})

/** Members of each event by name, from the types that the declarations resolve to. */
function declaredEvents() {
  const entry = path.join(ROOT, 'index.d.ts')
  const program = ts.createProgram([entry], { strict: true, noLib: true, types: [], module: ts.ModuleKind.NodeNext })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)
  const module = source && checker.getSymbolAtLocation(source)
  const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === 'EngineEvents')
  assert.ok(symbol)
  return new Map(
    checker
      .getDeclaredTypeOfSymbol(symbol)
      .getProperties()
      .map((event) => {
        const type = checker.getTypeOfSymbol(event)
        const variants = type.isUnion() ? type.types : [type]
        const members = sorted(variants.flatMap((each) => each.getProperties().map(({ name }) => name)))
        const isOpen = variants.some((each) => each.getStringIndexType() !== undefined)
        const kinds = variants.map((each) => each.getProperty('warning')).filter((each) => each !== undefined)
        const warnings = kinds.map((each) => /** @type {{ value?: string }} */ (checker.getTypeOfSymbol(each)).value ?? '').sort()
        return [event.name, { members, isOpen, warnings }]
      }),
  )
}

describe('job options', () => {
  const { job_options: options, draft_members } = tables
  const keysIn = (/** @type {string[]} */ ...calls) => options.filter((it) => calls.includes(it.allowed_in)).map(({ key }) => key)
  const draftKeys = [...draft_members, ...options.flatMap(({ draft_key }) => draft_key ?? [])]
  const sql = read('migrations/003_create_enqueue.up.sql')

  test('the declarations have each', () => {
    assert.deepEqual(memberNames('JobOptions'), keysIn('both').sort())
    assert.deepEqual(memberNames('RegisterOptions'), keysIn('both', 'register').sort())
    assert.deepEqual(memberNames('DraftOptions'), keysIn('both', 'enqueue').sort())
  })

  test('the reference has a row for each, with its default', () => {
    const registered = rowsOf('docs/reference/options.md', '| option |', '## Job registration')
    assert.deepEqual(firsts(registered).sort(), keysIn('register', 'both').sort())
    const ofEnqueue = firsts(rowsOf('docs/reference/options.md', '| option |', '## Enqueue options'))
    assert.deepEqual(ofEnqueue.sort(), [...keysIn('enqueue'), 'tx', 'engine', 'prefix'].sort())
    for (const [option = '', , shown] of registered) {
      const key = option.replaceAll('`', '')
      if (!Object.hasOwn(tables.job_defaults, key)) continue
      const plain = tables.job_defaults[key]
      assert.equal(shown, plain === null ? 'none' : `\`${JSON.stringify(plain).replaceAll('"', "'")}\``, key)
    }
  })

  test('eram_draft_problem knows each key of a draft, and no other', () => {
    const known = between(read('migrations/002_create_drafts.up.sql'), "unknown := draft - '{", "}'::text[]")
    // Middleware adds the context.
    assert.deepEqual(split(known).sort(), sorted([...draftKeys, 'context']))
  })

  test('the ordinary INSERT reads each key of a draft and fills each column', () => {
    // It sees no unique jobs, and whether a draft notifies is read from the whole list.
    const columns = [...draft_members, ...options.flatMap((it) => (it.key === 'unique' ? [] : it.columns))]
    const keys = draftKeys.filter((key) => key !== 'unique' && key !== 'notify')
    const ordinary = between(sql, '-- Ordinary jobs', 'RETURNING')
    assert.deepEqual(split(between(ordinary, 'INSERT INTO eram_jobs (', ')')).sort(), sorted(columns))
    const recordset = split(between(ordinary, 'jsonb_to_recordset(jobs) AS (', '\n    ))'))
    assert.deepEqual(recordset.map((each) => each.split(' ')[0]).sort(), sorted(keys))
    assert.deepEqual(split(between(ordinary, 'WITH ORDINALITY AS d(', ')')).sort(), sorted([...keys, 'ord']))
  })

  test('the ordinary INSERT has the defaults that drafts leave out', () => {
    const ordinary = between(sql, '-- Ordinary jobs', 'RETURNING')
    for (const [key, plain] of Object.entries(tables.job_defaults)) {
      // A backoff is never left out: without one, the class decides when a job fails.
      if (plain === null || key === 'backoff') continue
      const literal = typeof plain === 'object' ? "'{}'" : typeof plain === 'string' ? `'${plain}'` : plain
      assert.match(ordinary, new RegExp(`coalesce\\(d\\.${key}, ${literal}(::\\w+)?\\)`), key)
    }
  })

  test('the INSERT of a unique job fills each column', () => {
    const columns = [...draft_members, ...options.flatMap((it) => it.columns)]
    const insert = between(sql, 'CREATE FUNCTION eram_enqueue_unique(', 'ON CONFLICT')
    assert.deepEqual(split(between(insert, 'INSERT INTO eram_jobs (', ')')).sort(), sorted(columns))
  })
})

test('src/binding/types.rs says what crosses in each function that takes or returns a text', () => {
  // Names and versions, no JSON.
  const plain = ['awaitMessages', 'version']
  const functions = [...read('lib/native.d.cts').matchAll(/^export declare function (\w+)(.*)$/gm)]
  const texts = functions.filter(([, name = '', rest = '']) => /\bstring\b/.test(rest) && !plain.includes(name))
  const table = [...read('src/binding/types.rs').matchAll(/^\/\/! \| (`[^|]+) \|/gm)]
  const described = table.flatMap(([, names = '']) => split(names.replaceAll('`', '')))
  assert.deepEqual(described.sort(), texts.map(([, name = '']) => name).sort())
})

describe('states', () => {
  test('the type of the database, the declarations and the page on architecture have each', () => {
    const type = between(read('migrations/001_create_tables.up.sql'), 'CREATE TYPE eram_job_state AS ENUM (', ')')
    assert.deepEqual(split(type).sort(), tables.states.map((state) => `'${state}'`).sort())
    assert.deepEqual(unionOf('JobState'), tables.states)
    const page = between(read('docs/architecture.md'), '\n## States\n', '\n## ')
    for (const state of tables.states) assert.match(page, new RegExp(`\\b${state}\\b`))
  })

  test('the command line completes each', () => {
    assert.deepEqual(sorted([...(FILTER.state?.choices ?? [])]), sorted(tables.states))
  })
})

describe('error codes', () => {
  const codes = [...tables.error_codes.engine, ...tables.error_codes.javascript].map(({ code }) => code).sort()

  test('the declarations and the page on errors have each', () => {
    assert.deepEqual(unionOf('EramErrorCode').sort(), codes)
    const sections = [...read('docs/errors.md').matchAll(/^## `(\w+)`$/gm)].map(([, code = '']) => code)
    assert.deepEqual(sections.sort(), codes)
  })

  test('JavaScript throws only those', () => {
    const thrown = files('lib', '.js').flatMap((file) => read(file).match(/'ERAM_[A-Z_]+'/g) ?? [])
    assert.deepEqual(
      thrown.filter((code) => !codes.includes(code.slice(1, -1))),
      [],
    )
    for (const { code } of tables.error_codes.javascript) assert.ok(thrown.includes(`'${code}'`), `${code}: expected to be thrown in lib/`)
  })
})

describe('platforms', () => {
  const names = PLATFORMS.map(({ name }) => name)

  test('the guide has a row for the package of each', () => {
    assert.deepEqual(firsts(rowsOf('docs/guides/installation.md', '| package | for | C library |')), PLATFORMS.map(packageOf))
  })

  test('the release builds each, and runs the demo on it', () => {
    const workflow = read('.github/workflows/release.yml')
    const listed = [...workflow.matchAll(/\{ platform: ([\w-]+),/g)].map(([, name = '']) => name)
    assert.deepEqual(listed.sort(), [...names].sort())
  })
})

test('the crate has the version of the package', () => {
  const [, version] = /^version = "(.*)"$/m.exec(read('Cargo.toml')) ?? []
  assert.equal(version, JSON.parse(read('package.json')).version)
})

test('the notices name crates of the versions that are built', () => {
  const locked = [...read('Cargo.lock').matchAll(/^name = "(.*)"\nversion = "(.*)"$/gm)].map(([, name, version]) => `${name} ${version}`)
  const listed = [...read('THIRD-PARTY-NOTICES.txt').matchAll(/^([\w-]+ \d+\.\d+\.\d\S*): /gm)].map(([, crate = '']) => crate)
  assert.ok(listed.length > 80, String(listed.length))
  assert.deepEqual(
    listed.filter((crate) => !locked.includes(crate)),
    [],
    'run `npm run package`',
  )
})
