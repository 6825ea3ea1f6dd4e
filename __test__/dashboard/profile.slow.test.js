// The CPU profile of an attempt in a real browser: the flame graph by mouse and keyboard, the table, the link and the file.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { until } from '../support/until.js'
import { skip, texts, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE, profiledJob } from './jobs.js'

/** The frame of a function. @param {import('playwright-core').Page} page @param {string} name */
const frame = (page, name) => page.getByRole('treeitem', { name: new RegExp(`^${name}: `) }).first()

describe('a profile', { skip }, () => {
  test('is drawn as a flame graph, which the attempt leads to', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const id = await profiledJob(engine)
        await open(`/jobs/${id}`)
        await page.getByRole('link', { name: 'Flame graph' }).click()
        await page.getByRole('heading', { level: 1, name: `CPU profile of job #${id}, attempt 1` }).waitFor()
        assert.match(page.url(), new RegExp(`/jobs/${id}/profile/1$`))
        const width = async () => (await frame(page, 'renderMail').boundingBox())?.width ?? 0
        const all = (await page.getByRole('tree').boundingBox())?.width ?? 0
        const before = await width()
        assert.ok(before > all / 3 && before < all, `${before} of ${all}`)

        await frame(page, 'renderMail').hover()
        await page.getByRole('tooltip').getByText('renderMail').waitFor()
        assert.match(await page.getByRole('tooltip').innerText(), /jobs\.js:\d+:\d+\s+self .+ \([\d.]+%\), total .+ \(\d+%\)/)
        await frame(page, 'renderMail').click()
        await until(async () => assert.ok((await width()) > all - 2))
        assert.match(page.url(), /frame=\d+/)

        // The link shows another person the same, and Back leads back.
        await page.reload()
        await frame(page, 'renderMail').waitFor()
        assert.ok((await width()) > all - 2)
        await page.getByRole('button', { name: 'Zoom out' }).click()
        await until(async () => assert.ok(Math.abs((await width()) - before) < 2))
        await page.goBack()
        await until(async () => assert.ok((await width()) > all - 2))
      },
      { engine: ENGINE },
    ))

  test('by keyboard: a function is searched, reached with arrows, zoomed in with Enter and out with Escape', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const id = await profiledJob(engine)
        await open(`/jobs/${id}/profile/1`)
        await page.getByRole('tree').waitFor()
        await page.keyboard.press('/')
        await page.keyboard.type('renderMail')
        await until(async () => assert.match(await page.locator('.flame-bar [role=status]').innerText(), /^\d+ frames?, .+ \(\d+%\)$/))
        assert.ok((await page.locator('.flame.found').count()) > 0)
        assert.equal(new URL(page.url()).searchParams.get('q'), 'renderMail')

        await page.getByRole('tree').focus()
        const current = () => page.locator('.flame[aria-selected=true]').getAttribute('aria-label')
        await until(async () => assert.match(String(await current()), /^\(root\): /))
        // Down leads to the widest each time, and renderMail took the most by far.
        for (let n = 0; n < 60 && !/^renderMail: /.test(String(await current())); n += 1) await page.keyboard.press('ArrowDown')
        assert.match(String(await current()), /^renderMail: /)
        await page.getByRole('tooltip').getByText('renderMail').waitFor()
        await page.keyboard.press('Enter')
        await until(() => assert.match(page.url(), /frame=\d+/))
        await page.keyboard.press('Escape')
        await until(() => assert.doesNotMatch(page.url(), /frame=/))
        await page.keyboard.press('Escape')
        await page.getByRole('heading', { level: 1, name: `EmailUserJob #${id}` }).waitFor()
      },
      { engine: ENGINE },
    ))

  test('is a table of its hottest functions too, and a file for DevTools', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const id = await profiledJob(engine)
        await open(`/jobs/${id}/profile/1`)
        const table = page.getByRole('table')
        await table.waitFor()
        assert.deepEqual(await texts(page, '.hottest th'), ['Function', 'Self', 'Total', 'Place'])
        const [hottest = ''] = (await texts(page, '.hottest tbody tr')).filter((row) => row.startsWith('renderMail'))
        assert.match(hottest, /^renderMail\s.+%\s.+%\s.*jobs\.js:\d+:\d+$/s)
        await table.getByRole('button', { name: 'renderMail' }).click()
        await until(async () => assert.ok((await page.locator('.flame.found').count()) > 0))

        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name: 'Download for DevTools' }).click(),
        ])
        assert.equal(download.suggestedFilename(), `job-${id}-1.cpuprofile`)
        assert.deepEqual(JSON.parse(readFileSync(await download.path(), 'utf8')), await engine.jobs.cpuProfile(id, 1))
      },
      { engine: ENGINE },
    ))

  test('of the next attempt is asked for on the page of the job', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const { id } = await engine.enqueue(EmailUserJob, { compute: 20 }, { state: 'suspended' })
        await open(`/jobs/${id}`)
        await page.getByRole('button', { name: 'More' }).click()
        await page.getByRole('button', { name: 'Profile the next attempt' }).click()
        await page.getByText('Attempt 1 will be profiled.').waitFor()
        await page.getByRole('button', { name: 'Run now' }).click()
        await until(async () => assert.ok(await engine.jobs.cpuProfile(id, 1)))
        await page.getByRole('link', { name: 'Flame graph' }).waitFor()
      },
      { engine: ENGINE },
    ))

  test('that does not exist is said so, and who may not see payloads is not led there', () =>
    withDashboard(
      async ({ page, open, engine, url, visit }) => {
        const id = await profiledJob(engine)
        await open(`/jobs/${id}/profile/2`)
        await page.getByText(`There is no profile of attempt 2 of job #${id}.`).waitFor()
        const other = await visit({ extraHTTPHeaders: { authorization: 'guest' } })
        await other.goto(`${url}/jobs/${id}`)
        await other.locator('.attempts .outcome').waitFor()
        assert.equal(await other.getByRole('link', { name: 'Flame graph' }).count(), 0)
      },
      {
        engine: ENGINE,
        web: {
          authenticate: (request) => request.headers.get('authorization') ?? 'admin',
          access: (user) => (user === 'guest' ? { view: true, 'jobs:view_payload': false } : 'all'),
        },
        expected: /404 \(Not Found\)/,
      },
    ))
})
