// The dashboard, open for long while jobs come and go: what the page and the server keep. ENDURANCE_CYCLES=300 for an hour.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'
import { until } from '../support/until.js'
import { newPage, shown, skip, takeProblems } from './browser.js'
import { EmailUserJob, ENGINE, seed } from './jobs.js'
import { withServerProcess } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

/** Visits of all pages, before the first measurement and after it. */
const WARM_UP = 4
const CYCLES = Number(process.env.ENDURANCE_CYCLES ?? 8)
/** More jobs than a page of the list has come between two looks. */
const JOBS = 40
const INTERVAL = 250
const MIB = 1024 * 1024

/** The pages that keys lead to, each with its heading. */
const KEYS = { q: 'Queues', c: 'Crons', n: 'Nodes', f: 'Failures', d: 'Dashboard' }

/** Answers that the list gets from now on. @param {Page} page @param {number} answers */
async function refreshed(page, answers) {
  for (let n = 0; n < answers; n += 1) await page.waitForResponse((response) => response.url().includes('/jobs/search') && response.ok())
}

/** From the list to all other pages and back. @param {Page} page */
async function cycle(page) {
  const rows = page.locator('[role=row][data-id]')
  await page.getByRole('button', { name: 'Load older' }).click()
  await until(async () => assert.ok((await rows.count()) >= 100))
  await refreshed(page, 2)
  await rows.nth(20).locator('a.cover').click()
  await page.locator('.facts').waitFor()
  await page.goBack()
  await rows.nth(20).waitFor()
  for (const [key, name] of Object.entries(KEYS)) {
    for (const each of ['g', key]) await page.keyboard.press(each)
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await shown(page)
    if (key === 'd') await page.locator('.plot canvas').nth(1).waitFor()
  }
  for (const each of ['g', 'j']) await page.keyboard.press(each)
  await rows.first().waitFor()
  await page.evaluate(() => scrollTo(0, 0))
  await refreshed(page, 2)
}

test('a page that is open for long keeps its size, has one stream, and so does the server', { skip }, () =>
  withSchema(async ({ url, prefix }) => {
    const engine = await EramEngine.start({ name: 'endurance', node: 'web-1', url, prefix, logger: false, ...ENGINE })
    await seed(engine)
    let isOver = false
    const flow = (async () => {
      while (!isOver) {
        await engine.enqueueAll(Array.from({ length: JOBS }, (_, n) => EmailUserJob.new({ user_id: n, email: `user${n}@example.com` })))
        await new Promise((resolve) => setTimeout(resolve, INTERVAL))
      }
    })()
    try {
      // Charts have something to draw.
      await until(async () => assert.ok(((await engine.history({ metric: 'executed' })).series[0]?.total ?? 0) > 0))
      await withServerProcess({ url, prefix }, async (server) => {
        const page = await newPage(server.url)
        const devtools = await page.context().newCDPSession(page)
        await page.addInitScript(() => localStorage.setItem('eram:refresh', '1'))
        await page.goto(`${server.url}/jobs`)
        const measured = async () => {
          for (let n = 0; n < 2; n += 1) await devtools.send('HeapProfiler.collectGarbage')
          const { usedSize } = await devtools.send('Runtime.getHeapUsage')
          const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters')
          const { bytes, streams, most } = await server.state()
          return { heap: usedSize, nodes, listeners: jsEventListeners, server: bytes, streams, most }
        }
        for (let n = 0; n < WARM_UP; n += 1) await cycle(page)
        const first = await measured()
        for (let n = 0; n < CYCLES; n += 1) await cycle(page)
        const last = await measured()
        const text = JSON.stringify([first, last])
        if (process.env.ERAM_SHOW) console.log(text)
        assert.ok(last.heap <= 1.2 * first.heap, `the heap of the page: ${text}`)
        assert.ok(last.nodes <= 1.2 * first.nodes && last.listeners <= 1.2 * first.listeners, `its elements: ${text}`)
        assert.ok(last.server - first.server < 10 * MIB, `the server: ${text}`)
        await until(async () => assert.equal((await server.state()).streams, 1))
        // One may begin before the one that it replaces has ended.
        assert.ok(last.most <= 2, `streams: ${text}`)
        assert.deepEqual(takeProblems(), [])
        await page.context().close()
      })
    } finally {
      isOver = true
      await flow
      await engine.stop({ grace: 0 })
    }
  }),
)
