// node scripts/run.js scripts/screenshots.js [folder]: pictures of the dashboard with the data of a shop. Without a folder, those of
// the documentation: docs/images/dashboard-*.png.
import { fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { withSchema } from '../__test__/support/database.js'
import { serve } from '../integrations/web/index.js'
import { ROOT } from './command.js'
import { seed, start } from './screenshots/demo.js'

/** @typedef {{ name: string, path: string, act?: (page: import('playwright-core').Page) => Promise<unknown> }} Shot */

/** Long enough for attempts, heartbeats and charts. */
const SETTLE_MS = 4000
const WIDTHS = (process.env.WIDTHS ?? '360,900,1440').split(',').map(Number)
const THEMES = /** @type {const} */ (['light', 'dark'])
const [folder] = process.argv.slice(2)

if (process.env.SCREENSHOTS_NODE) {
  await start(JSON.parse(process.env.SCREENSHOTS_NODE), 'web-2')
} else {
  await withSchema(async (schema) => {
    const { url, prefix } = schema
    const second = fork(new URL(import.meta.url), { env: { ...process.env, SCREENSHOTS_NODE: JSON.stringify({ url, prefix }) } })
    const engine = await start(schema, 'web-1')
    const server = await serve(engine, {
      access: 'all',
      port: 0,
      authenticate: () => ({ name: 'ann' }),
      theme: { title: 'Acme jobs', env: 'production' },
    })
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    })
    try {
      const failed = await seed(engine, schema)
      await sleep(SETTLE_MS)
      const all = shots(failed)
      if (folder) await everything(browser, server.url, all)
      else await documentation(browser, server.url, all)
    } finally {
      await browser.close()
      await server.close()
      await engine.stop()
      second.kill('SIGTERM')
      await new Promise((resolve) => second.once('exit', resolve))
    }
  })
}

/** @param {number} failed  id of a job @returns {Shot[]} */
function shots(failed) {
  return [
    { name: 'dashboard', path: '/' },
    { name: 'jobs', path: '/jobs' },
    {
      name: 'jobs-search',
      path: '/jobs?q=state%3Aretryable%2Cdiscarded+queue%3Aemails',
      act: (page) => page.locator('[data-search]').fill('state:'),
    },
    { name: 'job', path: `/jobs/${failed}` },
    { name: 'failures', path: '/jobs/failures' },
    { name: 'queues', path: '/queues' },
    { name: 'queue', path: '/queues/emails' },
    { name: 'crons', path: '/crons' },
    { name: 'cron', path: '/crons/nightly-sync' },
    { name: 'nodes', path: '/nodes' },
    { name: 'help', path: '/help' },
    { name: 'palette', path: '/queues', act: (page) => page.keyboard.press('Control+k') },
    { name: 'empty', path: '/jobs?q=queue%3Anone' },
  ]
}

/** @param {import('playwright-core').Browser} browser @param {string} url @param {number} width @param {'light' | 'dark'} colorScheme @param {Shot[]} list @param {(shot: Shot) => string} fileOf */
async function take(browser, url, width, colorScheme, list, fileOf) {
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 780 : 900 }, colorScheme })
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && console.error(message.text()))
  page.on('pageerror', (error) => console.error(error))
  for (const shot of list) {
    await page.goto(url + shot.path)
    await page.locator('h1').waitFor()
    await shot.act?.(page)
    await sleep(700)
    await page.screenshot({ path: fileOf(shot), fullPage: folder !== undefined && !shot.act })
  }
  await context.close()
}

/** @param {import('playwright-core').Browser} browser @param {string} url @param {Shot[]} list */
async function everything(browser, url, list) {
  mkdirSync(String(folder), { recursive: true })
  for (const width of WIDTHS) {
    for (const theme of THEMES)
      await take(browser, url, width, theme, list, ({ name }) => path.join(String(folder), `${name}-${width}-${theme}.png`))
  }
}

/** @param {import('playwright-core').Browser} browser @param {string} url @param {Shot[]} list */
async function documentation(browser, url, list) {
  const of = (/** @type {string[]} */ ...names) => list.filter(({ name }) => names.includes(name))
  const fileOf = (/** @type {Shot} */ { name }) => path.join(ROOT, 'docs', 'images', `dashboard-${name}.png`)
  await take(browser, url, 1280, 'light', of('dashboard', 'jobs', 'job'), fileOf)
}
