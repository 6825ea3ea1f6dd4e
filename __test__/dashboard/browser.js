// A real browser on a dashboard of its own. Each visit fails if the page logs an error, breaks its own security policy, asks another
// origin for anything, or runs what is in the data.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after } from 'node:test'
import { chromium } from 'playwright-core'
import { EramEngine } from '../../index.js'
import { serve } from '../../integrations/web/index.js'
import { withSchema } from '../support/database.js'
import { until } from '../support/until.js'

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').BrowserContextOptions} ContextOptions */
/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {import('../../integrations/web/index.js').ServeOptions} ServeOptions */
/** @typedef {{ page: Page, open: (path: string) => Promise<void>, url: string, engine: EramEngine, schema: Schema, visit: (options?: ContextOptions) => Promise<Page> }} Visit */

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = PLACES.find((place) => place !== undefined && existsSync(place))
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

if (executablePath === undefined && process.env.CI) throw new Error(`expected Chromium at one of ${PLACES.join(', ')}, found none`)

/** Why browser tests are left out, as the option of a test. */
export const skip = executablePath === undefined && 'Chromium is not installed: apt-get install chromium, or set CHROMIUM'

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let launched
/** One browser for a test file. */
export function browser() {
  launched ??= chromium.launch({ executablePath, args: ARGS })
  return launched
}
after(async () => (await launched)?.close())

/** @type {string[]} */
let problems = []

/** A page in a profile of its own. @param {string} url @param {ContextOptions} [options] */
export async function newPage(url, options = {}) {
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, ...options })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
      console.error(`security policy: ${violatedDirective} ${blockedURI} ${sourceFile}`),
    )
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.on('console', (message) => message.type() === 'error' && problems.push(`console: ${message.text()} ${message.location().url}`))
  page.on('pageerror', (error) => problems.push(`error: ${error.stack}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) problems.push(`request: ${request.url()}`)
  })
  return page
}

/** What was wrong since the last call, but for what matches. @param {RegExp} [expected] */
export function takeProblems(expected) {
  const found = problems.filter((each) => !expected?.test(each))
  problems = []
  return found
}

/** @typedef {{ engine?: object, web?: Partial<ServeOptions>, prepare?: (engine: EramEngine, schema: Schema) => unknown, context?: ContextOptions, expected?: RegExp }} Given  expected: problems that the scenario provokes */

/** @param {(visit: Visit) => Promise<void>} scenario @param {Given} [given] */
export const withDashboard = (scenario, given) => withSchema((schema) => onSchema(schema, scenario, given))

/**
 * On tables that are there already.
 * @param {Schema} schema @param {(visit: Visit) => Promise<void>} scenario @param {Given} [given]
 */
export async function onSchema(schema, scenario, { engine: engineOptions = {}, web = {}, prepare, context, expected } = {}) {
  const engine = await EramEngine.start({
    name: `dashboard ${process.pid}`,
    node: 'web-1',
    url: schema.url,
    prefix: schema.prefix,
    logger: false,
    ...engineOptions,
  })
  const server = await serve(engine, { access: 'all', port: 0, ...web })
  /** @type {Page[]} */
  const pages = []
  try {
    await prepare?.(engine, schema)
    problems = []
    const visit = async (/** @type {ContextOptions | undefined} */ options) => {
      const page = await newPage(server.url, options)
      pages.push(page)
      return page
    }
    const page = await visit(context)
    const open = async (/** @type {string} */ path) => {
      await page.goto(server.url + path)
      await page.locator('h1').waitFor()
    }
    await scenario({ page, open, url: server.url, engine, schema, visit })
    for (const each of pages) {
      if (each.url().startsWith(server.url)) assert.equal(await each.evaluate(() => /** @type {any} */ (window).__pwned), undefined)
    }
    assert.deepEqual(takeProblems(expected), [])
  } finally {
    await Promise.all(pages.map((each) => each.context().close()))
    await server.close()
    await engine.stop()
  }
}

/** Once the page has what it asks for at first. @param {Page} page */
export async function shown(page) {
  await until(async () => assert.equal(await page.locator('main .skeleton').count(), 0))
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
}

/** The texts of all elements that match, in their order. @param {Page} page @param {string} selector */
export const texts = async (page, selector) => (await page.locator(selector).allInnerTexts()).map((text) => text.trim())

/** The ids of the rows of the list. @param {Page} page */
export const rowIds = (page) =>
  page.locator('[role=row][data-id]').evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-id'))))

/** A path of each page. */
export const PAGES = [
  '/',
  '/jobs',
  '/jobs/new',
  '/jobs/failures',
  '/queues',
  '/queues/emails',
  '/crons',
  '/crons/nightly-mail',
  '/nodes',
  '/nodes/web-1',
  '/help',
]
