// Live updates in a real browser: one stream for all tabs, which brings changes by itself.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { createWeb } from '../../integrations/web/index.js'
import { until } from '../support/until.js'
import { counted, quiet } from '../web/event-stream.js'
import { newPage, skip, takeProblems, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE } from './jobs.js'

/** As a browser tells a tab. @param {import('playwright-core').Page} page @param {boolean} isHidden */
const setHidden = (page, isHidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)

describe('live updates', { skip }, () => {
  test('use one stream for all tabs of a browser, none and no statement while all are hidden, and none once all are closed', () =>
    withDashboard(
      async ({ engine }) => {
        const sum = counted(engine)
        let open = 0
        let most = 0
        const web = createWeb(engine, { access: 'all' })
        const server = createServer((request, response) => {
          if (request.url?.includes('/events')) {
            open += 1
            most = Math.max(most, open)
            response.once('close', () => {
              open -= 1
            })
          }
          return void web.node(request, response)
        })
        await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
        const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
        const url = `http://127.0.0.1:${port}`
        const first = await newPage(url)
        try {
          await first.goto(`${url}/queues`)
          await until(() => assert.equal(open, 1))
          const tabs = await Promise.all(Array.from({ length: 9 }, () => first.context().newPage()))
          for (const [n, tab] of tabs.entries()) {
            await tab.goto(`${url}${n % 2 ? '/nodes' : '/queues'}`)
            await tab
              .getByRole('link', { name: n % 2 ? 'web-1' : 'emails' })
              .first()
              .waitFor()
          }
          await until(() => assert.equal(open, 1))
          // One may begin before the one that it replaces has ended.
          assert.ok(most <= 2, String(most))
          await engine.pause('emails')
          await Promise.all(
            [first, ...tabs.filter((_, n) => n % 2 === 0)].map((tab) =>
              tab.locator('tr', { hasText: 'emails' }).getByText('paused').waitFor(),
            ),
          )
          const all = [first, ...tabs]
          await Promise.all(all.slice(1).map((tab) => setHidden(tab, true)))
          assert.equal(open, 1)
          await setHidden(first, true)
          await until(() => assert.equal(open, 0))
          await quiet(sum)
          await engine.resume('emails')
          await setHidden(first, false)
          await first.locator('tr', { hasText: 'emails' }).getByText('running').waitFor()
          await until(() => assert.equal(open, 1))
          await Promise.all(tabs.map((tab) => tab.close()))
          await first.goto('about:blank')
          await until(() => assert.equal(open, 0))
          assert.deepEqual(takeProblems(/about:blank/), [])
        } finally {
          await first.context().close()
          await web.close()
          server.closeAllConnections()
          server.close()
        }
      },
      { engine: ENGINE },
    ))

  test('bring what has changed to a list and to a job, without asking while nothing has', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        await page.addInitScript(() => localStorage.setItem('eram:refresh', '1'))
        const { id } = await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
        await open('/jobs?q=state:scheduled')
        await page.locator('[role=row][data-id]').waitFor()
        await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
        await until(async () => assert.equal(await page.locator('[role=row][data-id]').count(), 2))
        await open(`/jobs/${id}`)
        await engine.jobs.cancel(id)
        await page.locator('.heading .s-cancelled').waitFor()
      },
      { engine: ENGINE },
    ))
})
