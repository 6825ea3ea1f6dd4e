// Opens a page in the browser of the user at the terminal.

import { spawn } from 'node:child_process'

/** @import { Terminal } from '../terminal.js' */

/**
 * The program that opens a page; undefined: none may, or there is none.
 * @param {Pick<Terminal, 'interactive' | 'env'>} io
 * @param {NodeJS.Platform} [platform]
 * @returns {string[] | undefined}
 */
export function opener({ interactive, env }, platform = process.platform) {
  if (!interactive || env.CI || env.BROWSER === 'none') return undefined
  if (env.BROWSER) return [env.BROWSER]
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  // Of another machine, by SSH, there is no screen.
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined
}

/** @param {string} url @param {Terminal} io */
export function openBrowser(url, io) {
  const [program, ...args] = opener(io) ?? []
  if (program === undefined) return
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore', env: { ...process.env } })
  // The URL is printed.
  child.once('error', () => {})
  child.unref()
}
