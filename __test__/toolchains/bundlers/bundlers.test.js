// Applications that are bundled as docs/guides/bundling.md says: their jobs run on the main thread and in threads.
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { application } from '../support/application.js'
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
      const { code, lines } = await app.run(process.execPath, ['dist/main.js'], env)
      assert.deepEqual([code, lines.sort()], [0, ['ReportJob {"isMainThread":true}', 'ResizeJob {"isMainThread":false,"width":640}']])
    })
  }

  await t.test('without code splitting names its second entry point', async () => {
    await build('Without code splitting')
    const { code, lines } = await app.run(process.execPath, ['dist/album.js'], env)
    assert.deepEqual([code, lines], [0, ['ThumbnailJob completed']])
  })
})
