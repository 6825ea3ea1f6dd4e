// Applications that are bundled as docs/guides/bundling.md says: their jobs run on the main thread and in threads.
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { application, withoutLog } from '../support/application.js'
import { database } from '../support/database.js'
import { AREA, bin, commandOf, filesOf } from './guide.js'

/** The native program, which bun's own package would fetch by a script. */
const BUN = path.join(AREA, 'node_modules', '@oven', 'bun-linux-x64-baseline', 'bin', 'bun')

const TOOLS = ['esbuild', 'Rollup', 'Vite', 'webpack', ...(existsSync(BUN) ? ['Bun'] : [])]

/** Sections of the guide with files of their own. */
const SECTIONS = ['The application', 'Rollup', 'Vite', 'webpack', 'Without code splitting']

test('an application that is bundled', async (t) => {
  const app = await application(t, AREA, Object.assign({ 'package.json': '{ "type": "module" }' }, ...SECTIONS.map(filesOf)))
  const env = { DATABASE_URL: await database(t) }

  /** Runs a program; its lines without those of the log. @param {string} file */
  const run = async (file) => {
    const { code, lines } = await app.run(process.execPath, [file], env)
    return [code, withoutLog(lines).sort()]
  }

  /** Bundles with the command of a section of the guide. @param {string} title */
  const build = async (title) => {
    rmSync(path.join(app.folder, 'dist'), { recursive: true, force: true })
    const [name = '', ...args] = commandOf(title)
    const { code, text } = await app.run(name === 'bun' ? BUN : bin(name), args)
    assert.equal(code, 0, text)
  }

  for (const tool of TOOLS) {
    await t.test(`with ${tool} performs jobs on the main thread and in threads`, async () => {
      await build(tool)
      assert.deepEqual(await run('dist/main.js'), [0, ['ReportJob {"isMainThread":true}', 'ResizeJob {"width":640,"isMainThread":false}']])
    })
  }

  await t.test('without code splitting names its second entry point', async () => {
    await build('Without code splitting')
    assert.deepEqual(await run('dist/album.js'), [0, ['ThumbnailJob completed']])
  })
})
