// Variables of the command line from a file, and its version.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadEnvFile } from '../../cli/env-file.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { read } from '../support/sources.js'

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))
const NOWHERE = 'postgres://127.0.0.1:1/nowhere'

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} files
 */
function folderWith(t, files) {
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-env-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}

/** @param {string} cwd @param {string[]} args @param {Record<string, string>} [env] @returns {Promise<{ code: number, out: string, err: string }>} */
const eramjs = (cwd, args, env = {}) =>
  new Promise((resolve) => {
    const own = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env }
    const child = execFile(process.execPath, [CLI, ...args], { cwd, env: own }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
    child.stdin?.end()
  })

describe('the database', () => {
  test('is that of .env in the working directory, or of --env-file; the environment takes precedence', (t) =>
    withSchema(async ({ prefix }) => {
      const right = `# the database\nDATABASE_URL="${DATABASE_URL}"\n`
      const wrong = `DATABASE_URL=${NOWHERE}\n`
      const status = ['status', '--prefix', prefix]
      for (const [files, args, env] of /** @type {[Record<string, string>, string[], Record<string, string>][]} */ ([
        [{ '.env': right }, [], {}],
        [{ '.env': right }, [], { DATABASE_URL: '' }],
        [{ '.env': wrong, 'other.env': right }, ['--env-file', 'other.env'], {}],
        [{ '.env': wrong }, [], { DATABASE_URL }],
        [{ '.env': wrong }, ['--url', DATABASE_URL], {}],
      ])) {
        const { code, err } = await eramjs(folderWith(t, files), [...status, ...args], env)
        assert.deepEqual([code, err], [0, ''])
      }
    }))

  test('is asked for by name where neither has it, and a file that cannot be read is an error if it was named', async (t) => {
    const folder = folderWith(t, { '.env': 'OTHER=1\n' })
    const none = await eramjs(folder, ['status'])
    assert.equal(none.code, 2)
    assert.match(none.err, /expected --url, DATABASE_URL, or PGHOST and the other PG… variables, got none of them/)
    // Some versions of Node read --env-file themselves, wherever it stands, and exit when the file is missing.
    const missing = await eramjs(folder, ['status', '--env-file', 'missing.env'])
    assert.ok([2, 9].includes(missing.code), missing.err)
    assert.match(missing.err, /missing\.env/)
    const env = { OTHER: undefined }
    const file = path.join(folder, '.env')
    loadEnvFile(env, file)
    assert.deepEqual(env, { OTHER: '1' })
    assert.throws(() => loadEnvFile(env, `${file}.no`), {
      code: 'ERAM_CONFIG',
      message: `--env-file: expected a file that can be read, got ${file}.no (ENOENT)`,
    })
    // A folder of that name, as some tools make it.
    const other = folderWith(t, {})
    mkdirSync(path.join(other, '.env'))
    assert.match((await eramjs(other, ['status'])).err, /DATABASE_URL/)
  })
})

test('--version prints the version of the package', async () => {
  for (const flag of ['--version', '-v']) {
    assert.deepEqual(await eramjs('.', [flag]), { code: 0, out: `${JSON.parse(read('package.json')).version}\n`, err: '' })
  }
})
