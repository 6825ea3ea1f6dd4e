// Which program opens the dashboard of eramjs dev, and where none does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { opener } from '../../cli/dev/browser.js'

test('a page is opened by the program of the platform, or of BROWSER', () => {
  const by = (/** @type {NodeJS.Platform} */ platform, env = {}) => opener({ interactive: true, env }, platform)
  assert.deepEqual(by('darwin'), ['open'])
  assert.deepEqual(by('win32'), ['rundll32', 'url.dll,FileProtocolHandler'])
  assert.deepEqual(by('linux', { DISPLAY: ':0' }), ['xdg-open'])
  assert.deepEqual(by('linux', { WAYLAND_DISPLAY: 'wayland-0' }), ['xdg-open'])
  assert.deepEqual(by('linux', { BROWSER: 'firefox' }), ['firefox'])
})

test('none is opened without a terminal, in CI, without a screen, or where BROWSER says so', () => {
  assert.equal(opener({ interactive: false, env: { DISPLAY: ':0' } }, 'linux'), undefined)
  assert.equal(opener({ interactive: true, env: { DISPLAY: ':0', CI: 'true' } }, 'linux'), undefined)
  assert.equal(opener({ interactive: true, env: {} }, 'linux'), undefined)
  assert.equal(opener({ interactive: true, env: { DISPLAY: ':0', BROWSER: 'none' } }, 'linux'), undefined)
})
