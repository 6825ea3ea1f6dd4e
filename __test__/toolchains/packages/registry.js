// A registry on this machine with eramjs and the packages of all platforms: those that were built, and the others without an addon,
// which nothing here loads.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileOf, PLATFORMS, packageOf } from '../../../lib/addon/platforms.js'
import { platformManifest } from '../../../scripts/package/stage.js'
import { MANAGERS, manage } from './managers.js'

/**
 * @param {Awaited<ReturnType<typeof import('./trial.js').packages>>[]} built
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function registry(...built) {
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-registry-'))
  // By a name that TypeScript does not follow: the package is installed only for these tests.
  const { runServer } = await import(`${'verdaccio'}`)
  const server = await runServer({
    storage: path.join(folder, 'storage'),
    self_path: folder,
    packages: { '**': { access: '$all', publish: '$all' } },
    auth: { htpasswd: { file: path.join(folder, 'htpasswd') } },
    log: { type: 'stdout', level: 'fatal' },
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const url = `http://127.0.0.1:${server.address().port}/`
  const stop = () => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const others = PLATFORMS.filter(({ name }) => !built.some(({ platform }) => platform === name))
    const archives = [String(built[0]?.eramjs), ...built.map(({ addon }) => addon)]
    for (const what of [...archives, ...others.map((each) => withoutAddon(folder, each))]) await publish(folder, url, what)
    return { url, stop }
  } catch (error) {
    stop()
    throw error
  }
}

/** @param {string} folder @param {import('../../../lib/addon/platforms.js').Platform} platform */
function withoutAddon(folder, platform) {
  const own = path.join(folder, packageOf(platform))
  mkdirSync(own)
  writeFileSync(path.join(own, 'package.json'), JSON.stringify(platformManifest(platform)))
  writeFileSync(path.join(own, fileOf(platform)), 'An addon that was not built here.\n')
  return own
}

/** @param {string} folder @param {string} url @param {string} what */
async function publish(folder, url, what) {
  // The registry asks for no account, but npm wants to have one.
  writeFileSync(path.join(folder, '.npmrc'), `${url.replace('http:', '')}:_authToken=none\n`)
  const { code, text } = await manage(MANAGERS.npm, ['publish', what, '--tag=latest'], { folder, url })
  if (code !== 0) throw new Error(`npm publish ${what}: expected it to succeed, got exit code ${code}:\n${text}`)
}
