// The list of jobs in a real browser: what it shows, how it is searched, and what the URL keeps.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/until.js'
import { rowIds, skip, texts, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE, seed, waiting } from './jobs.js'

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} q */
async function search(page, q) {
  await page.locator('[data-search]').fill(q)
  await page.keyboard.press('Enter')
}

/** An engine whose jobs have ended, as far as they do. @param {import('../../index.js').EramEngine} engine @param {import('../support/database.js').Schema} schema */
async function settled(engine, schema) {
  await seed(engine)
  await until(async () => {
    const [{ left }] = await schema.rows(
      `SELECT count(*)::int AS left FROM eram_jobs WHERE queue = 'emails' AND state IN ('available', 'executing')`,
    )
    assert.equal(left, 0)
    assert.equal(waiting.size, 3)
  })
}

describe('the list of jobs', { skip }, () => {
  test('shows what the search finds, and says what it cannot read', () =>
    withDashboard(
      async ({ page, open, schema }) => {
        const ids = async (/** @type {string} */ where) =>
          (await schema.rows(`SELECT id::int FROM eram_jobs WHERE ${where} ORDER BY id DESC LIMIT 50`)).map(({ id }) => id)
        await open('/jobs')
        await page.locator('[role=row][data-id]').first().waitFor()
        assert.deepEqual(await rowIds(page), await ids('true'))
        for (const [q, where] of /** @type {const} */ ([
          ['state:retryable queue:emails', `state = 'retryable' AND queue = 'emails'`],
          ['args.user_id:1', `args @> '{"user_id":1}'`],
          ['-queue:emails', `queue <> 'emails'`],
          ['error:~timeout', `state = 'retryable'`],
        ])) {
          await search(page, q)
          await until(async () => assert.deepEqual(await rowIds(page), await ids(where), q))
          assert.equal(new URL(page.url()).searchParams.get('q'), q)
        }
        assert.deepEqual(await texts(page, '.chips .chip'), ['error\n~timeout'])
        await search(page, 'args.user_id:"1"')
        await page.getByText('Nothing matches.').waitFor()
        await search(page, 'states:x')
        assert.match(await page.getByRole('alert').innerText(), /states/)
        assert.equal(await page.locator('[data-search]').getAttribute('aria-invalid'), 'true')
      },
      { engine: ENGINE, prepare: settled, expected: /400 \(Bad Request\)/ },
    ))

  test('begins with the oldest job where the URL says so, and goes on to newer ones', () =>
    withDashboard(
      async ({ page, open, schema }) => {
        await schema.rows(`INSERT INTO eram_jobs (worker, queue, priority) SELECT 'Old', 'lonely', n % 2 FROM generate_series(1, 160) AS n`)
        const ids = (await schema.rows(`SELECT id::int FROM eram_jobs WHERE priority = 1 ORDER BY id`)).map(({ id }) => id)
        await open('/jobs?q=priority%3A1')
        await until(async () => assert.deepEqual(await rowIds(page), ids.toReversed().slice(0, 50)))
        await page.getByLabel('Order').selectOption('Oldest first')
        await until(async () => assert.deepEqual(await rowIds(page), ids.slice(0, 50)))
        assert.equal(new URL(page.url()).searchParams.get('sort'), 'oldest')
        await page.getByRole('button', { name: 'Load newer' }).click()
        await until(async () => assert.deepEqual(await rowIds(page), ids))
        const late = await schema.row(`INSERT INTO eram_jobs (worker, queue, priority) VALUES ('Old', 'lonely', 1) RETURNING id::int`)
        ids.push(late.id)
        await page.getByRole('button', { name: 'Load newer' }).click()
        await until(async () => assert.deepEqual(await rowIds(page), ids))
        // The way back keeps the order.
        await page.locator('[role=row][data-id] a.cover').first().click()
        await page.locator('a.back').click()
        await until(async () => assert.deepEqual(await rowIds(page), ids))
      },
      { engine: { queues: {} } },
    ))

  test('has columns of args and meta, which the URL keeps', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const { id } = await engine.enqueue(
          EmailUserJob,
          { user: { 'first name': 'Ann' }, n: 1 },
          { schedule_in: 3600, meta: { tenant: 'acme' } },
        )
        await open('/jobs')
        const add = async (/** @type {string} */ path) => {
          await page.getByRole('button', { name: 'Columns' }).click()
          await page.getByLabel('A path of args or meta').fill(path)
          await page.keyboard.press('Enter')
          await page.getByRole('columnheader', { name: path }).waitFor()
        }
        await add('args.user."first name"')
        await page.keyboard.press('Escape')
        await add('meta.tenant')
        assert.equal(new URL(page.url()).searchParams.get('col'), 'queue,state,attempt,time,args.user."first name",meta.tenant')
        await page.reload()
        await until(async () => assert.deepEqual(await texts(page, '[role=row][data-id] .c-path'), ['Ann', 'acme']))
        await page.getByRole('button', { name: 'Columns' }).click()
        await page.getByLabel('meta.tenant', { exact: true }).click()
        await until(async () => assert.deepEqual(await texts(page, '[role=row][data-id] .c-path'), ['Ann']))
        // Whatever else a link says is left out.
        await open('/jobs?col=state,args.n,result.x,nonsense')
        await until(async () => assert.deepEqual(await texts(page, '[role=row][data-id] .c-path'), ['1']))
        assert.deepEqual(await texts(page, '.grid-head [role=columnheader]'), ['', 'Job', 'State', 'args.n'])
        assert.deepEqual(await rowIds(page), [id])
      },
      { engine: ENGINE },
    ))

  test('completes at the caret, and changes that term alone', () =>
    withDashboard(
      async ({ page, open }) => {
        await open('/jobs')
        const box = page.locator('[data-search]')
        await box.fill('st queue:emails tag:vip')
        await box.evaluate((input) => /** @type {HTMLInputElement} */ (input).setSelectionRange(2, 2))
        await box.click({ position: { x: 2, y: 10 } })
        await box.evaluate((input) => /** @type {HTMLInputElement} */ (input).setSelectionRange(2, 2))
        await page.getByRole('option').first().waitFor()
        assert.equal(await box.getAttribute('aria-expanded'), 'true')
        await page.keyboard.press('ArrowDown')
        assert.equal(await box.getAttribute('aria-activedescendant'), 'suggestion-0')
        await page.keyboard.press('Tab')
        assert.match(await box.inputValue(), /^state: ?queue:emails tag:vip$/)
        await page.getByRole('option', { name: 'retryable' }).waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('option').first().waitFor({ state: 'hidden' })
        assert.equal(await box.getAttribute('aria-expanded'), 'false')
      },
      { engine: ENGINE },
    ))

  test('is searched by what is accepted at the caret, a key and a value at a time', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        const text = await engine.enqueue(EmailUserJob, { user_id: '1' }, { schedule_in: 60 })
        await open('/jobs')
        await page.locator('[role=row][data-id]').first().waitFor()
        const box = page.locator('[data-search]')
        await box.click()
        for (const [typed, option, whole] of [
          ['stat', 'state:', 'state:'],
          ['exec', 'executing', 'state:executing '],
          ['que', 'queue:', 'state:executing queue:'],
          ['med', 'media', 'state:executing queue:media '],
          ['args.', 'args.key:', 'state:executing queue:media args.key:'],
        ]) {
          await page.keyboard.type(String(typed))
          await page.getByRole('option', { name: option }).first().waitFor()
          await page.keyboard.press('ArrowDown')
          await page.keyboard.press('Tab')
          assert.equal(await box.inputValue(), whole)
        }
        await page.keyboard.type('"slow 1"')
        await page.keyboard.press('Enter')
        const [{ id }] = await schema.rows(`SELECT id::int FROM eram_jobs WHERE args @> '{"key": "slow 1"}'`)
        await until(async () => assert.deepEqual(await rowIds(page), [id]))
        assert.equal(new URL(page.url()).searchParams.get('q'), 'state:executing queue:media args.key:"slow 1"')
        assert.deepEqual(await texts(page, '.chips .chip'), ['state\nexecuting', 'queue\nmedia', 'args.key\nslow 1'])
        await search(page, 'args.user_id:"1"')
        await until(async () => assert.deepEqual(await rowIds(page), [text.id]))
        let asked = 0
        page.on('request', (request) => {
          if (request.url().includes('/jobs/search')) asked += 1
        })
        await search(page, 'states:x')
        assert.match(await page.getByRole('alert').innerText(), /did you mean "state"/)
        assert.equal(await page.locator('[role=row][data-id]').count(), 0)
        assert.equal(asked, 1)
      },
      { engine: ENGINE, prepare: settled, expected: /400 \(Bad Request\)/ },
    ))

  test('is in the URL: another browser shows the same, and Back restores search, position and focus', () =>
    withDashboard(
      async ({ page, open, visit }) => {
        await open('/jobs')
        await page.locator('.facet', { hasText: 'available' }).click()
        await page.locator('.facet', { hasText: 'reports' }).click()
        await page.getByRole('button', { name: 'Columns' }).click()
        await page.getByLabel('Priority').check()
        await page.keyboard.press('Escape')
        await until(() => assert.match(page.url(), /col=/))
        await page.locator('[role=row][data-id]').nth(30).waitFor()
        const seen = await rowIds(page)
        const other = await visit()
        await other.goto(page.url())
        await until(async () => assert.deepEqual(await rowIds(other), seen))
        assert.ok((await texts(other, '[role=columnheader]')).includes('Priority'))

        await page.locator('[role=row][data-id]').nth(25).scrollIntoViewIfNeeded()
        const before = await page.evaluate(() => scrollY)
        assert.ok(before > 0)
        await page.locator('[role=row][data-id] a.cover').nth(25).click()
        await page.getByRole('heading', { level: 1, name: /ReportJob #/ }).waitFor()
        await page.goBack()
        await page.locator('[role=row][data-id]').nth(25).waitFor()
        await until(async () => assert.equal(await page.evaluate(() => scrollY), before))
        assert.deepEqual(await rowIds(page), seen)
        const focused = await page.evaluate(() => document.activeElement?.closest('[role=row]')?.getAttribute('data-id'))
        assert.equal(Number(focused), seen[25])
        for (const q of ['state:available', null]) {
          await page.goBack()
          await until(() => assert.equal(new URL(page.url()).searchParams.get('q'), q))
        }
      },
      { engine: ENGINE, prepare: settled },
    ))

  test('and so are a chart and an attempt: another browser shows them, and Back leads through all of it', () =>
    withDashboard(
      async ({ page, open, engine, visit }) => {
        const [failed] = await engine.jobs.list({ state: 'retryable', limit: 1 })
        await open('/')
        await page.getByRole('button', { name: '6h', exact: true }).click()
        await page.getByLabel('Group by').selectOption('queue')
        await page.getByLabel('Quantile').selectOption('p99')
        const other = await visit()
        await other.goto(page.url())
        await other.locator('.choice [aria-pressed=true]', { hasText: '6h' }).waitFor()
        assert.deepEqual(
          [await other.getByLabel('Group by').inputValue(), await other.getByLabel('Quantile').inputValue()],
          ['queue', 'p99'],
        )
        const dashboard = page.url()
        await page.getByRole('link', { name: 'Jobs', exact: true }).click()
        await search(page, `id:${failed?.id}`)
        await page.locator('[role=row][data-id] a.cover').click()
        await page.getByRole('button', { name: '#1', expanded: true }).waitFor()
        await other.goto(page.url())
        await other.getByRole('button', { name: '#1', expanded: true }).waitFor()
        await page.goBack()
        await until(async () => assert.deepEqual(await rowIds(page), [failed?.id]))
        await page.goBack()
        await until(() => assert.equal(new URL(page.url()).search, ''))
        await page.goBack()
        await until(() => assert.equal(page.url(), dashboard))
        await page.locator('.choice [aria-pressed=true]', { hasText: '6h' }).waitFor()
      },
      { engine: ENGINE, prepare: settled },
    ))

  test('does not move under the reader: selection and scroll stay, and new rows wait', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        await page.addInitScript(() => localStorage.setItem('eram:refresh', '1'))
        await open('/jobs?q=queue:emails')
        const boxes = page.locator('[role=row][data-id] input[type=checkbox]')
        await boxes.nth(5).waitFor()
        for (const n of [0, 2, 4]) await boxes.nth(n).check()
        await page.evaluate(() => scrollTo(0, 300))
        const [ids, scroll] = [await rowIds(page), await page.evaluate(() => scrollY)]
        for (let n = 0; n < 4; n += 1) await engine.enqueue(EmailUserJob, { user_id: n })
        await page.getByRole('button', { name: '4 new' }).waitFor()
        assert.deepEqual(await rowIds(page), ids)
        assert.deepEqual([await page.evaluate(() => scrollY), await page.locator('[role=row] input:checked').count()], [scroll, 3])
        await page.keyboard.press('.')
        await until(async () => assert.deepEqual((await rowIds(page)).slice(4), ids.slice(0, -4)))
        assert.equal(await page.locator('[role=row] input:checked').count(), 3)
      },
      { engine: ENGINE, prepare: settled },
    ))

  test('selects with the keyboard, and acts on what is selected after it was confirmed', () =>
    withDashboard(
      async ({ page, open, schema }) => {
        await open('/jobs?q=state:available queue:reports')
        await page.locator('[role=row][data-id]').nth(3).waitFor()
        for (const key of ['j', 'x', 'j', 'j', 'X']) await page.keyboard.press(key)
        await page.getByText('3 jobs selected').waitFor()
        const chosen = (await rowIds(page)).slice(0, 3)
        await page.keyboard.press('C')
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click()
        await page.getByText('Cancelled 3 jobs.').waitFor()
        const cancelled = await schema.rows(
          `SELECT id::int FROM eram_jobs WHERE state = 'cancelled' AND queue = 'reports' ORDER BY id DESC`,
        )
        assert.deepEqual(
          cancelled.map(({ id }) => id),
          chosen,
        )
      },
      { engine: ENGINE, prepare: settled },
    ))

  test('acts on all that match after a preview, and the audit trail says who did', () =>
    withDashboard(
      async ({ page, open, schema }) => {
        await open('/jobs?q=state:scheduled queue:emails')
        await page.locator('[role=row][data-id]').nth(3).waitFor()
        const [{ jobs }] = await schema.rows(`SELECT count(*)::int AS jobs FROM eram_jobs WHERE state = 'scheduled'`)
        await page.getByLabel('Select all rows').check()
        await page.getByRole('button', { name: 'Delete all that match' }).click()
        const dialog = page.getByRole('dialog')
        await dialog.getByText(`Delete ${jobs} jobs?`).waitFor()
        await dialog.getByRole('textbox').fill(String(jobs))
        await dialog.getByRole('button', { name: 'Delete' }).click()
        await page.getByText(`Deleted ${jobs} jobs.`).waitFor()
        assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state = 'scheduled'`), [])
        await open('/audit')
        await page.getByText('jobs.bulk').waitFor()
      },
      { engine: ENGINE, prepare: settled },
    ))

  test('asks nothing while the tab is hidden', () =>
    withDashboard(
      async ({ page, open }) => {
        await page.addInitScript(() => localStorage.setItem('eram:refresh', '1'))
        await open('/jobs')
        await page.clock.install()
        await page.evaluate(() => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
          document.dispatchEvent(new Event('visibilitychange'))
        })
        await page.clock.runFor(6000)
        let asked = 0
        page.on('request', () => {
          asked += 1
        })
        await page.clock.runFor(60_000)
        assert.equal(asked, 0)
        await page.evaluate(() => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => false })
          document.dispatchEvent(new Event('visibilitychange'))
        })
        await until(() => assert.ok(asked > 0))
      },
      { engine: ENGINE },
    ))
})
