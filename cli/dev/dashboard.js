// The dashboard of `dev`, in its own process.

import { serve } from '../../integrations/web/index.js'
import { addressOf } from '../schema.js'
import { webEngine } from '../web/engine.js'
import { openBrowser } from './browser.js'
import { freePort } from './ports.js'

/** @import { Terminal } from '../terminal.js' */

/** @typedef {{ url: string, stop: () => Promise<void> }} Dashboard */

/** Where it is, if that is free: that of `eramjs web`. */
const PORT = 4004

/**
 * Without it, the rest of `dev` goes on.
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @returns {Promise<Dashboard | null>}
 */
export async function startDashboard(values, io) {
  if (values['no-web']) return null
  try {
    const engine = await webEngine(addressOf(values, io), { logger: false })
    try {
      const { url, close } = await serve(engine, { access: 'all', port: await freePort(undefined, PORT) })
      io.warn(`eramjs: dashboard: ${url}`)
      if (!values['no-open'] && !values.json) openBrowser(url, io)
      const stop = async () => {
        await close()
        await engine.stop()
      }
      return { url, stop }
    } catch (error) {
      await engine.stop()
      throw error
    }
  } catch (error) {
    io.warn(`eramjs: no dashboard: ${error instanceof Error ? error.message : error}`)
    return null
  }
}
