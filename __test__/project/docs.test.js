// The documents tell the truth: what they name exists, their lists are those of the code, their links lead somewhere, and their
// code compiles with the newest and with the oldest supported TypeScript.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { checks } from '../../cli/doctor/index.js'
import { optionsOf } from '../../cli/main.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { memberNames, unionOf } from '../support/declarations.js'
import { fileOf, fragments, GLOBALS, JOB, LIBRARIES, project, ROOT, snippets, TSCONFIG } from '../support/snippets.js'
import { files, read } from '../support/sources.js'
import { PAGE, page } from './operations-page.js'

const DOCUMENTS = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...files('docs', '.md')]
const ARCHITECTURE = 'docs/architecture.md'

/** Those of node:diagnostics_channel, beside a channel for each event. */
const TRACING_CHANNELS = ['eram:enqueue', 'eram:perform']

/** Of the HTTP API. */
const permissions = [...routesOf(operations).map(({ permission }) => permission), 'jobs:bulk', 'jobs:view_payload']

/** Environment variables of the application. */
const VARIABLES = ['ERAM_ISOLATION', 'ERAM_COMPLETION_TIMEOUT', 'ERAM_WEB_USER', 'ERAM_WEB_PASSWORD', 'ERAM_API_TOKEN', 'ERAM_MCP_TOKEN']

/** @param {string} text */
const unfenced = (text) => text.replace(/^( *)```.*?^\1```$/gms, '')

/** What a document names in code. @param {string} document */
const named = (document) => [...unfenced(read(document)).matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name)

for (const document of DOCUMENTS) {
  describe(document, () => {
    test('names files that exist', () => {
      const paths = named(document).filter((name) => /^(src|lib|types|cli|docs|migrations|examples|scripts|__test__)\/[\w./-]*$/.test(name))
      assert.deepEqual(
        paths.filter((name) => !existsSync(path.join(ROOT, name))),
        [],
      )
    })

    test('names tables, functions and indexes that exist', () => {
      const sql = files('migrations', '.up.sql').map(read).join('\n')
      const made = [...sql.matchAll(/CREATE (?:UNIQUE |UNLOGGED )?(?:TABLE|FUNCTION|INDEX|TYPE) (eram_\w+)/g)].map(([, name]) => name)
      const metrics = [...read('docs/reference/metrics.md').matchAll(/^\| `(eram_\w+)` \|/gm)].map(([, name]) => name)
      const indirect = ['eram_migrations', 'eram_jobs_args_index', 'eram_jobs_meta_index']
      for (const name of indirect) assert.ok(read('src/store/migrate.rs').includes(name), name)
      const words = unfenced(read(document)).match(/\beram_[a-z_]+/g) ?? []
      assert.deepEqual(
        words.filter((name) => ![...made, ...metrics, ...indirect, ...formerNames(document)].includes(name)),
        [],
      )
    })

    test('names events and error codes that exist', () => {
      const events = [...memberNames('EngineEvents'), 'eram:<event>', ...TRACING_CHANNELS, ...formerNames(document)]
      // Terms of searches look alike; the list of their qualifiers is compared with the engine's.
      const mentioned = (document === 'docs/guides/search.md' ? [] : named(document)).filter(
        (name) => /^[a-z]+:[a-z]+$/.test(name) && !/^(node|npm|test|dev|migration):/.test(name) && !permissions.includes(name),
      )
      assert.deepEqual(
        mentioned.filter((name) => !events.includes(name)),
        [],
      )
      const codes = unionOf('EramErrorCode')
      assert.deepEqual(
        (unfenced(read(document)).match(/\bERAM_[A-Z_]+/g) ?? []).filter(
          (name) => ![...codes, ...VARIABLES, ...formerNames(document)].includes(name),
        ),
        [],
      )
    })

    test('has links that lead somewhere', () => {
      const links = [...unfenced(read(document)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link)
      const dead = links.filter((link) => {
        const [file = '', anchor] = link.split('#')
        const place = file === '' ? document : path.posix.join(path.posix.dirname(document), file)
        if (!existsSync(path.join(ROOT, place))) return true
        return anchor !== undefined && !anchors(place).includes(anchor)
      })
      assert.deepEqual(dead, [])
    })
  })
}

/** The names that the changelog says are gone; no other document may name them. @param {string} document */
function formerNames(document) {
  if (document !== 'CHANGELOG.md') return []
  return ['ERAM_CONFLICT', 'ERAM_STOPPED', 'engine:refused', 'eram_settle', 'eram_leads']
}

/** The anchors of a document's headings, as GitHub makes them. @param {string} document */
function anchors(document) {
  const headings = [...unfenced(read(document)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('every fragment compiles', async () => {
  const all = files('docs', '.md').flatMap(fragments)
  assert.ok(all.length > 10)
  const own = await project({ type: 'module' })
  await own.link('eramjs', ...LIBRARIES)
  await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
  await own.write('globals.d.ts', GLOBALS)
  await own.write('job.ts', JOB)
  for (const fragment of all) await own.write(fileOf(fragment), `${fragment.text}\nexport {}\n`)
  await own.compile('--noEmit')
})

test('no fence is left out: code is in a language that is checked, or is none', () => {
  const langs = new Set(DOCUMENTS.flatMap((document) => snippets(document).map(({ lang }) => lang)))
  assert.deepEqual([...langs].sort(), ['ini', 'js', 'jsonc', 'prisma', 'sh', 'text', 'ts', 'yaml'])
})

describe('the lists', () => {
  test('of operations: the page that the table makes', () => {
    if (process.env.UPDATE_DOCS) writeFileSync(path.join(ROOT, PAGE), page())
    assert.equal(read(PAGE), page(), 'run `UPDATE_DOCS=1 node --test __test__/project/docs.test.js`')
  })

  test('of commands: those that there are, with options that they have', async () => {
    // A folder is a group: `jobs list` is jobs/list.js.
    const commands = files('cli/commands', '.js')
      .map((file) => file.slice('cli/commands/'.length, -'.js'.length).replace('/', ' '))
      .filter((name) => !name.endsWith(' index'))
    const guide = ['migrations', 'operations', 'command-line'].map((name) => read(`docs/guides/${name}.md`)).join('\n')
    const used = [...guide.matchAll(/npx eramjs ((?:jobs |crons )?[a-z]+)([^|#`\n]*)/g)]
    assert.deepEqual([...new Set(used.map(([, command]) => command))].sort(), commands.sort())
    for (const [, command = '', rest = ''] of used) {
      const options = optionsOf(await import(`../../cli/commands/${command.replace(' ', '/')}.js`))
      for (const [, option = ''] of rest.matchAll(/--([a-z-]+)/g)) assert.ok(option in options, `${command} --${option}`)
    }
  })

  test('of checks: those of doctor, with what they look at', () => {
    const table = checks.map(({ id, looks }) => `| \`${id}\` | ${looks} |`).join('\n')
    assert.ok(read('docs/guides/command-line.md').includes(`| check | looks at |\n|---|---|\n${table}\n`))
  })

  test('of tables: those of the migrations', () => {
    const tables = [
      ...files('migrations', '.up.sql')
        .map(read)
        .join('\n')
        .matchAll(/CREATE (?:UNLOGGED )?TABLE (\w+)/g),
    ].map(([, table = '']) => table)
    const guide = read('docs/guides/migrations.md')
    for (const table of tables) assert.match(guide, new RegExp(`^\\|.*\`${table}\``, 'm'))
  })
})

test('each scenario is shown by tests that there are', () => {
  const rows = read('docs/scenarios.md')
    .split('\n')
    .filter((line) => /^\| (?!when \||---)/.test(line))
  assert.ok(rows.length > 40)
  const shown = rows.map((row) => ({ row, tests: [...row.matchAll(/`([\w./-]+)`: ((?:\*[^*]+\*(?:, )?)+)/g)] }))
  for (const { row, tests } of shown) assert.ok(tests.length > 0, row)
  const named = shown.flatMap(({ tests }) =>
    tests.flatMap(([, file = '', names = '']) => [...names.matchAll(/\*([^*]+)\*/g)].map(([, name = '']) => ({ file, name }))),
  )
  // It begins with these words, or they follow a placeholder.
  const isThere = (/** @type {{ file: string, name: string }} */ { file, name }) =>
    ["'", '`', 'fn ', '} ', '}, '].some((before) => read(file).includes(`${before}${name}`))
  assert.deepEqual(
    named.filter((it) => !isThere(it)),
    [],
  )
})

describe('the architecture', () => {
  test('each step of the walk is in the file that it names', () => {
    const [, below = ''] = read(ARCHITECTURE).split('| step | file | function |')
    const steps = [...(below.split('\n\n')[0] ?? '').matchAll(/\| `([^`]+)` \| `([^`]+)` \|$/gm)]
    assert.ok(steps.length > 10)
    for (const [, file = '', name = ''] of steps) assert.match(read(file), new RegExp(`\\b${name}\\b`), `${file}: ${name}`)
  })

  test('every module of the crate has its place on the page', () => {
    const small = ['lib', 'testing']
    const rooms = new Set(files('src', '.rs').map((file) => file.replace(/^src\/(\w+).*/, '$1')))
    const page = read(ARCHITECTURE)
    assert.deepEqual(
      [...rooms].filter((room) => !small.includes(room) && !new RegExp(`\`src/${room}\\b`).test(page)),
      [],
    )
  })
})
