// Every page: for screen readers and keyboards, on narrow screens, in both themes; what it weighs, and where it may be mounted.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createWeb } from '../../integrations/web/index.js'
import { running } from '../support/cli.js'
import { ROOT } from '../support/sources.js'
import { until } from '../support/until.js'
import { INSPECTED, violations } from './axe.js'
import { newPage, rowIds, shown, skip, takeProblems, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE, profiledJob, seed } from './jobs.js'

/** @param {import('../../index.js').EramEngine} engine */
async function prepare(engine) {
  await seed(engine)
  await until(async () => assert.ok((await engine.jobs.list({ state: 'discarded' })).length >= 6))
}

describe('accessibility', { skip }, () => {
  test('axe finds nothing on any page, in both themes, at 1280 and 360 px, and no page is wider than the screen', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const [failed] = await engine.jobs.list({ state: 'discarded', limit: 1 })
        /** @param {string} name */
        const inspect = async (name) => {
          for (const width of [1280, 360]) {
            await page.setViewportSize({ width, height: 800 })
            // A chart takes the new width with the next frame.
            await until(async () =>
              assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than ${width} px`),
            )
            for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
              await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
              assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}, ${width} px`)
            }
          }
        }
        const profiled = await profiledJob(engine)
        for (const each of [...INSPECTED, `/jobs/${failed?.id}`, `/jobs/${profiled}`, `/jobs/${profiled}/profile/1?q=renderMail`]) {
          await open(each)
          await shown(page)
          await inspect(each)
        }
        await page.keyboard.press('?')
        await page.getByRole('dialog').waitFor()
        await inspect('the list of keys')
      },
      { engine: ENGINE, prepare },
    ))

  test('by keyboard alone, a failed job is found, read and retried', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        await open('/')
        for (const key of ['g', 'j']) await page.keyboard.press(key)
        await page.locator('[role=row][data-id]').first().waitFor()
        await page.keyboard.press('/')
        await page.keyboard.type('state:discarded')
        await page.keyboard.press('Enter')
        await until(async () => assert.equal((await rowIds(page)).length, 6))
        await page.keyboard.press('Escape')
        await page.keyboard.press('j')
        const ring = await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle)
        assert.equal(ring, 'solid')
        const [id] = await rowIds(page)
        await page.keyboard.press('Enter')
        await page.getByText('no such mailbox').first().waitFor()
        await page.keyboard.press('R')
        await until(async () => assert.equal((await engine.jobs.find(Number(id)))?.attempt, 2))
      },
      { engine: ENGINE, prepare },
    ))
})

describe('budgets', () => {
  const folder = path.join(ROOT, 'web', 'dist', 'assets')
  const files = () => readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))
  const size = (/** @type {string} */ name) => gzipSync(readFileSync(path.join(folder, name)), { level: 9 }).length
  const within = (/** @type {RegExp} */ pattern, /** @type {number} */ most) =>
    assert.deepEqual(
      files()
        .filter((name) => pattern.test(name) && size(name) > most)
        .map((name) => `${name} ${size(name)}`),
      [],
    )

  test('what comes before the first frame: 40 KB of script, 10 KB of style; a page 12, charts 26', () => {
    within(/^main/, 40_960)
    within(/\.css$/, 10_240)
    within(/^plot/, 26 * 1024)
    within(/^(?!main|plot).*\.js$/, 12 * 1024)
    assert.ok(files().reduce((sum, name) => sum + size(name), 0) <= 130 * 1024)
    const bytes = (/** @type {string} */ name) => statSync(path.join(folder, name)).size
    for (const name of files().filter((each) => /^main.*\.js$/.test(each))) assert.ok(bytes(name) <= 110 * 1024, `${name} ${bytes(name)}`)
    assert.ok(readdirSync(folder).reduce((sum, name) => sum + bytes(name), 0) <= 900 * 1024)
  })

  test('a list is there after five requests, all of them to the server of the page', { skip }, () =>
    withDashboard(
      async ({ page, url }) => {
        /** @type {string[]} */
        const before = []
        page.on('request', (request) => before.push(request.url().slice(url.length)))
        await page.goto(`${url}/jobs`)
        await page.locator('[role=row][data-id]').first().waitFor()
        const at = before.findIndex((each) => each.includes('/jobs/search'))
        assert.ok(before.slice(0, at).filter((each) => !each.includes('/api/')).length <= 4, before.join('\n'))
      },
      { engine: ENGINE, prepare: (engine) => engine.enqueue('EmailUserJob') },
    ),
  )
})

describe('mounted', { skip }, () => {
  test('below a path, with a page deep in it, behind a server that takes the path away', () =>
    withDashboard(
      async ({ engine }) => {
        const { id } = await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
        const web = createWeb(engine, { access: 'all', theme: { title: 'Acme', env: 'staging', accent: '#0f766e' } })
        const server = createServer((request, response) => {
          const { url = '' } = request
          if (!url.startsWith('/admin/deep/eram')) return response.writeHead(404).end()
          Object.assign(request, { originalUrl: url, url: url.slice('/admin/deep/eram'.length) || '/' })
          return void web.node(request, response)
        })
        await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
        const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
        const root = `http://127.0.0.1:${port}`
        const page = await newPage(`${root}/admin/deep/eram`)
        try {
          await page.goto(`${root}/admin/deep/eram?w=6h`)
          assert.equal(page.url(), `${root}/admin/deep/eram/?w=6h`)
          await page.getByText('staging').waitFor()
          await page.goto(`${root}/admin/deep/eram/jobs/${id}`)
          await page.getByRole('button', { name: 'Run now' }).click()
          await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'completed'))
          await page.locator('.heading .s-completed').waitFor()
          await page.reload()
          await page.getByRole('link', { name: 'Queues' }).first().click()
          await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
          assert.equal(page.url(), `${root}/admin/deep/eram/queues`)
          assert.deepEqual(takeProblems(), [])
        } finally {
          await page.context().close()
          server.closeAllConnections()
          server.close()
        }
      },
      { engine: ENGINE },
    ))

  test('by npx eramjs web, for queues and nodes of another process', () =>
    withDashboard(
      async ({ engine, schema }) => {
        for (let n = 0; n < 2; n += 1) await engine.enqueue('Other', {}, { queue: 'imports' })
        await engine.enqueue('Other', {}, { queue: 'imports', schedule_in: 3600 })
        const program = running(['web', '--port', '0', '--prefix', schema.prefix], { env: { DATABASE_URL: schema.url } })
        const [, url = ''] = await program.wrote(/dashboard: (http:\S+)/)
        const page = await newPage(url)
        try {
          for (const path of ['/health', '/ready']) assert.equal((await fetch(url + path)).status, 200, path)
          await page.goto(url)
          const tile = (/** @type {string} */ title) => page.locator('.tile', { hasText: title }).locator('.tile-value')
          for (const [title, number] of Object.entries({ Available: 2, Scheduled: 1, Executing: 0 }))
            await until(async () => assert.match(await tile(title).innerText(), new RegExp(`^${number}\\b`), title))
          await page.goto(`${url}/queues`)
          await page.getByRole('link', { name: 'imports' }).waitFor()
          await page.goto(`${url}/nodes`)
          await page.getByRole('link', { name: 'web-1' }).first().waitFor()
          assert.deepEqual(takeProblems(), [])
        } finally {
          await page.context().close()
          program.child.kill('SIGTERM')
          await program.exited
        }
      },
      { engine: ENGINE },
    ))
})

test('while the database is away, what was read stays, a banner says how old it is, and it comes back by itself', { skip }, async () => {
  const { withServer } = await import('../crash/server.js')
  await withServer(async ({ server, start }) => {
    const { engine } = await start({ name: 'dashboard outage', ...ENGINE })
    const { serve } = await import('../../integrations/web/index.js')
    const served = await serve(engine, { access: 'all', port: 0 })
    const page = await newPage(served.url)
    try {
      await page.addInitScript(() => localStorage.setItem('eram:refresh', '1'))
      await page.goto(`${served.url}/queues`)
      await page.getByRole('link', { name: 'emails' }).waitFor()
      await server.down()
      await page.getByText('The database cannot be reached.').waitFor({ timeout: 30_000 })
      assert.equal(await page.getByRole('link', { name: 'emails' }).count(), 1)
      await server.up()
      await page.getByText('The database cannot be reached.').waitFor({ state: 'hidden', timeout: 60_000 })
      assert.deepEqual(takeProblems(/50[34] \(/), [])
    } finally {
      await page.context().close()
      await served.close()
      await engine.stop()
    }
  })
})
