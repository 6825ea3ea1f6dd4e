// Pages at 400 % zoom and in the colors of the system, and what moves while they load.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/until.js'
import { INSPECTED, violations } from './axe.js'
import { shown, skip, texts, withDashboard } from './browser.js'
import { ENGINE, seed } from './jobs.js'

/** A window of 1280 × 1024 pixels at 400 %. */
const ZOOMED = { width: 320, height: 256 }
/** What says something by its color alone. */
const COLORED = '.swatch, .meter-bar i, .barred i, .dot, .lately i, .s-executing .shape'
/** What is chosen among others. */
const CHOSEN = '[aria-pressed=true]:not(.legend *), [aria-current=page], [role=row][aria-selected=true], tr.chosen'

/** @param {import('../../index.js').EramEngine} engine */
async function prepare(engine) {
  await seed(engine)
  await until(async () => assert.ok((await engine.jobs.list({ state: 'discarded' })).length >= 6))
}

describe('a page', { skip }, () => {
  test('at 400 % zoom needs no scrolling to the side, keeps its controls, and leads to all others', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const [failed] = await engine.jobs.list({ state: 'discarded', limit: 1 })
        const paths = [...INSPECTED, `/jobs/${failed?.id}`]
        /** What has a name in the page, and can be reached. */
        const reachable = () =>
          page
            .locator('main :is(button, a, input, select)')
            .evaluateAll((all) =>
              all
                .filter((each) => each.checkVisibility() && !each.closest('.wide-only, .facets, [popover]'))
                .map((each) => each.getAttribute('aria-label') ?? each.getAttribute('title') ?? each.textContent ?? ''),
            )
        for (const path of paths) {
          await page.setViewportSize({ width: 1280, height: 1024 })
          await open(path)
          await shown(page)
          const before = new Set(await reachable())
          await page.setViewportSize(ZOOMED)
          await until(async () =>
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than its window`),
          )
          const lost = [...before].filter(Boolean)
          const now = new Set(await reachable())
          assert.deepEqual(
            lost.filter((name) => !now.has(name)),
            [],
            `${path}: controls that are lost`,
          )
          const stuck = await page
            .locator('header.top')
            .evaluate((header) => (getComputedStyle(header).position === 'static' ? 0 : header.getBoundingClientRect().height))
          assert.ok(stuck <= ZOOMED.height / 4, `${path}: the header takes ${stuck} px`)
          assert.deepEqual(await violations(page), [], path)
        }
        const names = await texts(page, '#nav a')
        for (const name of ['Jobs', 'Queues', 'Crons', 'Nodes']) {
          assert.ok(names.some((each) => each.startsWith(name)))
          await page.getByRole('button', { name: 'Menu' }).click()
          await page
            .getByRole('navigation')
            .getByRole('link', { name: new RegExp(`^${name}`) })
            .first()
            .click()
          await page.getByRole('heading', { level: 1, name }).waitFor()
        }
      },
      { engine: ENGINE, prepare },
    ))

  test('in the colors of the system shows what is chosen, what has the focus, and what colors mean', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const [failed] = await engine.jobs.list({ state: 'discarded', limit: 1 })
        await until(async () => assert.ok(((await engine.history({ metric: 'executed' })).series[0]?.total ?? 0) > 0))
        await page.emulateMedia({ forcedColors: 'active' })
        let [colored, chosen] = [0, 0]
        for (const path of [...INSPECTED, `/jobs/${failed?.id}`]) {
          await open(path)
          await shown(page)
          if (path === '/jobs') await page.locator('[role=row][data-id] input').first().check()
          if (path === '/') await page.locator('.legend').first().waitFor()
          const found = await page.evaluate(
            ([ofColor, ofChoice]) => {
              const ground = getComputedStyle(document.body).backgroundColor
              const seen = (/** @type {string} */ selector) =>
                [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility())
              const isBare = (/** @type {Element} */ each) => {
                const { backgroundColor, color, forcedColorAdjust } = /** @type {any} */ (getComputedStyle(each))
                return each instanceof SVGElement ? color === ground : forcedColorAdjust !== 'none' || backgroundColor === ground
              }
              const isUnmarked = (/** @type {Element} */ each) => getComputedStyle(each).outlineStyle === 'none'
              const name = (/** @type {Element} */ each) => each.outerHTML.slice(0, 120)
              return {
                colored: seen(String(ofColor)).length,
                chosen: seen(String(ofChoice)).length,
                bare: seen(String(ofColor)).filter(isBare).map(name),
                unmarked: seen(String(ofChoice)).filter(isUnmarked).map(name),
              }
            },
            [COLORED, CHOSEN],
          )
          assert.deepEqual([found.bare, found.unmarked], [[], []], path)
          colored += found.colored
          chosen += found.chosen
          await page.keyboard.press('Tab')
          const ring = await page.evaluate(() => {
            const { outlineStyle, outlineColor, backgroundColor } = getComputedStyle(/** @type {Element} */ (document.activeElement))
            return outlineStyle !== 'none' && outlineColor !== backgroundColor
          })
          assert.ok(ring, `${path}: the focus is not seen`)
        }
        assert.ok(colored > 10 && chosen > 10, `${colored} ${chosen}`)
      },
      { engine: ENGINE, prepare },
    ))

  test('does not move while it loads', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const [failed] = await engine.jobs.list({ state: 'discarded', limit: 1 })
        await page.addInitScript(() => {
          const shifts = /** @type {any[]} */ (Object.assign(window, { shifts: [] }).shifts)
          new PerformanceObserver((list) => {
            for (const each of /** @type {any[]} */ (list.getEntries()))
              if (!each.hadRecentInput)
                shifts.push({ value: each.value, of: each.sources.map((/** @type {any} */ { node }) => node?.outerHTML?.slice(0, 80)) })
          }).observe({ type: 'layout-shift', buffered: true })
        })
        for (const path of [...INSPECTED, `/jobs/${failed?.id}`]) {
          await open(path)
          await shown(page)
          const shifts = await page.evaluate(() => /** @type {any} */ (window).shifts)
          const sum = shifts.reduce((/** @type {number} */ all, /** @type {any} */ { value }) => all + value, 0)
          assert.ok(sum < 0.02, `${path}: ${sum} ${JSON.stringify(shifts)}`)
        }
      },
      { engine: ENGINE, prepare },
    ))
})
