// docs/guides/serverless.md: its programs compile and do what it says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { withSchema } from '../support/database.js'
import { finished, project, ROOT, snippets, TSCONFIG } from '../support/snippets.js'
import { read } from '../support/sources.js'
import { startSqlEndpoint } from '../support/sql-endpoint.js'

const GUIDE = 'docs/guides/serverless.md'

/** @param {string} name */
const file = (name) => snippets(GUIDE).find((snippet) => snippet.name === name)?.text ?? assert.fail(name)

const WELCOME = `import { EramJob } from 'eramjs'

class WelcomeJob extends EramJob {
  async perform({ email }: { email: string }) {
    console.log('welcome ' + email)
  }
}
WelcomeJob.register()
`

const PROGRAM = `import { handler } from './consumer.js'
import { signUp } from './sign-up.js'

const id = await signUp('a@b.c')
const again = await signUp('a@b.c').catch((error) => error.code)
const { success, drained } = await handler()
console.log(JSON.stringify({ id, again, success, drained }))
process.exit()
`

test('a user signs up, and a function that runs once welcomes them', () =>
  withSchema(async ({ url, prefix, rows }) => {
    await rows('CREATE TABLE users (email text UNIQUE)')
    const app = await project({ type: 'module' })
    await app.link('eramjs', '@types/node', '@types/pg', 'pg')
    // The guide uses the schema "public"; the tests have one each.
    const inSchema = (/** @type {string} */ text) =>
      text
        .replace(
          'connectionString: process.env.DATABASE_URL,',
          `connectionString: process.env.DATABASE_URL, options: '-c search_path=${prefix}',`,
        )
        .replace('WelcomeJob.new({ email })', `WelcomeJob.new({ email }), { prefix: '${prefix}' }`)
        .replace('url: process.env.DATABASE_URL,', `url: process.env.DATABASE_URL, prefix: '${prefix}',`)
    for (const name of ['jobs.ts', 'sign-up.ts', 'consumer.ts']) await app.write(name, inSchema(file(name)))
    await app.write('welcome-job.ts', WELCOME)
    await app.write('program.ts', PROGRAM)
    await app.write('tsconfig.json', JSON.stringify(TSCONFIG))
    await app.compile('-p', '.')
    const { code, out } = await finished(process.execPath, ['dist/program.js'], { cwd: app.folder, env: { DATABASE_URL: url } })
    assert.equal(code, 0, out)
    const lines = out.trim().split('\n')
    assert.ok(lines.includes('welcome a@b.c'), out)
    const { id, ...rest } = JSON.parse(lines.at(-1) ?? '')
    assert.deepEqual(rest, { again: '23505', success: 1, drained: true })
    const cli = await finished(
      process.execPath,
      [
        `${ROOT}/cli/index.js`,
        'worker',
        'dist/welcome-job.js',
        '--once',
        '--queues',
        'mail=10,reports',
        '--budget',
        '50s',
        '--grace',
        '5s',
        '--prefix',
        prefix,
      ],
      { cwd: app.folder, env: { DATABASE_URL: url } },
    )
    // Beside the log.
    assert.deepEqual([cli.code, cli.out.split('\n')[0]], [0, 'no attempts; nothing is left'])
    assert.deepEqual(await rows(`SELECT id::int, state::text, queue, max_attempts FROM eram_jobs`), [
      { id, state: 'completed', queue: 'mail', max_attempts: 5 },
    ])
  }))

test('its function for an endpoint of your own enqueues', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const endpoint = await startSqlEndpoint(url)
    const { text } = snippets(GUIDE).find((snippet) => snippet.name === null && snippet.text.includes('sql.example.com')) ?? assert.fail()
    const app = await project({ type: 'module' })
    await app.link('eramjs', '@types/node')
    const mine = text
      .replace('https://sql.example.com', endpoint.url)
      .replace('JSON.stringify({ text, params })', 'JSON.stringify({ query: text, params })')
      .replace('as { eram: string }[]', 'as any).rows as ({ eram: string }[])')
      .replace('return (await response.json())', 'return ((await response.json())')
      .replace("args: { email: 'a@b.c' } })", `args: { email: 'a@b.c' } }, { prefix: '${prefix}' })`)
    await app.write('own.ts', mine)
    await app.write('tsconfig.json', JSON.stringify(TSCONFIG))
    await app.compile('-p', '.')
    const { code, out } = await finished(process.execPath, ['dist/own.js'], { cwd: app.folder })
    await endpoint.close()
    assert.deepEqual([code, out], [0, ''])
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a@b.c' } }])
  }))

test('the size that it names is right', async () => {
  const [, kilobytes = ''] = /takes (\d+) kB of a compressed\s+bundle/.exec(read(GUIDE)) ?? []
  const options = {
    absWorkingDir: ROOT,
    entryPoints: ['enqueue.js'],
    bundle: true,
    minify: true,
    write: false,
    format: /** @type {const} */ ('esm'),
  }
  const { outputFiles } = await build({ ...options, platform: 'neutral', target: 'es2022' })
  assert.equal(Math.round(gzipSync(outputFiles?.[0]?.contents ?? '', { level: 9 }).length / 1000), Number(kilobytes))
})
