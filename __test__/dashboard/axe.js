// What axe finds on a page.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PAGES } from './browser.js'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** A path of each page, a search, and columns of args. */
export const INSPECTED = [...PAGES, '/jobs?q=state%3Aretryable', '/jobs?col=state,args.user_id,args.email&sort=oldest']

/** Problems that axe finds, briefly. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
export async function violations(page) {
  // As a debugger evaluates it, past the policy of the page.
  await page.evaluate(`(() => { ${readFileSync(AXE, 'utf8')} })()`)
  const { violations: found } = await page.evaluate(
    (tags) => /** @type {any} */ (window).axe.run(document, { runOnly: tags, resultTypes: ['violations'] }),
    RULES,
  )
  return found.map(
    (/** @type {any} */ { id, nodes }) =>
      `${id}: ${nodes
        .map((/** @type {any} */ { html }) => html.slice(0, 160))
        .slice(0, 3)
        .join(' | ')}`,
  )
}
