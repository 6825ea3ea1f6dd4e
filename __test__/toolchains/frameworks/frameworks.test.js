// The recipes of docs/guides/frameworks.md: each framework's real server takes a sign-up, the job runs, and SIGTERM ends all of it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'
import { describe, test } from 'node:test'
import { sql } from '../../support/database.js'
import { snippets } from '../../support/snippets.js'
import { until } from '../../support/until.js'
import { application } from '../support/application.js'
import { database } from '../support/database.js'

/** The files of the guide, by name. */
const GUIDE = new Map(snippets('docs/guides/frameworks.md').map(({ name, text }) => [name, text]))

/** What is shared, and the files of one recipe. @param {string[]} names @returns {Record<string, string>} */
const recipe = (...names) =>
  Object.fromEntries(['jobs.js', 'sign-up.js', 'worker.js', ...names].map((name) => [name, GUIDE.get(name) ?? assert.fail(name)]))

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * A program that runs until it is stopped. @param {import('node:test').TestContext} t
 * @param {string} folder @param {string[]} args @param {NodeJS.ProcessEnv} env
 */
function started(t, folder, args, env) {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk))
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  return {
    /** What it wrote, if it has ended. */
    ended: () => (child.exitCode === null ? undefined : `ended with ${child.exitCode}: ${out}`),
    async stop() {
      child.kill('SIGTERM')
      assert.equal(await ended, 0, out)
    },
  }
}

/**
 * Signs up at a server, and waits until the job is done.
 * @param {import('node:test').TestContext} t
 * @param {Awaited<ReturnType<typeof application>>} app
 * @param {{ server: string[], worker?: string[] }} programs
 */
async function signsUp(t, app, { server, worker }) {
  const url = await database(t)
  const client = await sql(url)
  t.after(() => client.end())
  await client.rows('CREATE TABLE users (email text)')
  const port = await freePort()
  const env = { DATABASE_URL: url, PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production' }
  const programs = [server, ...(worker ? [worker] : [])].map((args) => started(t, app.folder, args, env))
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"email":"ada@example.com"}' }
  // Until the server listens, or a program has ended.
  const response = await until(async () => {
    const ended = programs.map((each) => each.ended()).find((out) => out !== undefined)
    return ended ?? fetch(`http://127.0.0.1:${port}/users`, request)
  })
  if (typeof response === 'string') assert.fail(response)
  assert.equal(response.status, 201, await response.clone().text())
  const { id } = /** @type {{ id: number }} */ (await response.json())
  await until(async () => {
    assert.deepEqual(
      programs.flatMap((each) => each.ended() ?? []),
      [],
    )
    const jobs = await client.rows('SELECT id::int, worker, state, result FROM eram_jobs')
    assert.deepEqual(jobs, [{ id, worker: 'EmailUserJob', state: 'completed', result: 'sent to ada@example.com' }])
  })
  for (const each of programs) await each.stop()
  assert.deepEqual(await client.rows('SELECT email FROM users'), [{ email: 'ada@example.com' }])
}

describe('one process', () => {
  for (const framework of ['express', 'fastify', 'hono']) {
    test(`${framework} serves and performs`, async (t) => {
      const file = `${framework}.js`
      const app = await application(t, import.meta.dirname, { 'package.json': '{ "type": "module" }', ...recipe(file) })
      await signsUp(t, app, { server: [file] })
    })
  }
})

/** The program of a package. @param {string} name @param {string} file */
const bin = (name, file) => path.join(import.meta.dirname, 'node_modules', name, file)

describe('a bundled server and a worker', () => {
  test('Remix, as React Router', async (t) => {
    const app = await application(t, import.meta.dirname, {
      'package.json': JSON.stringify({
        type: 'module',
        dependencies: { '@react-router/node': '*', eramjs: '*', isbot: '*', pg: '*', react: '*', 'react-dom': '*' },
      }),
      ...recipe('app/eram.server.js', 'app/routes/users.js'),
      'vite.config.js': `import { reactRouter } from '@react-router/dev/vite'\nexport default { plugins: [reactRouter()] }\n`,
      'app/routes.js': `import { route } from '@react-router/dev/routes'\nexport default [route('users', 'routes/users.js')]\n`,
      'app/root.jsx': `import { Outlet, Scripts } from 'react-router'
export default () => <html lang="en"><body><Outlet /><Scripts /></body></html>
`,
    })
    const { code, text } = await app.run(process.execPath, [bin('@react-router/dev', 'bin.js'), 'build'])
    assert.equal(code, 0, text)
    await signsUp(t, app, { server: [bin('@react-router/serve', 'bin.js'), 'build/server/index.js'], worker: ['worker.js'] })
  })

  test('SvelteKit', async (t) => {
    const app = await application(t, import.meta.dirname, {
      'package.json': JSON.stringify({ type: 'module', dependencies: { eramjs: '*', pg: '*' } }),
      ...recipe('src/hooks.server.js', 'src/routes/users/+server.js'),
      'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite'\nexport default { plugins: [sveltekit()] }\n`,
      'svelte.config.js': `import adapter from '@sveltejs/adapter-node'\nexport default { kit: { adapter: adapter() } }\n`,
      'src/app.html': '<!doctype html><html lang="en"><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>\n',
    })
    const { code, text } = await app.run(process.execPath, [bin('vite', 'bin/vite.js'), 'build'])
    assert.equal(code, 0, text)
    await signsUp(t, app, { server: ['build/index.js'], worker: ['worker.js'] })
  })
})
