// The packages of one platform as `npm run package` packs them, built quickly instead of well; for macOS and Windows, as the set-up
// has built it for the tests.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { run } from '../../../scripts/command.js'
import { withLock } from '../../../scripts/lock.js'
import { reaper } from '../../../scripts/processes.js'
import { ROOT } from '../../support/snippets.js'

const FOLDER = path.join(ROOT, '.setup', 'trial')
/** @type {string} */
const version = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version

/**
 * Builds and packs; one test file after the other. The archives are of the platform, and of eramjs.
 *
 * @param {string} platform such as `linux-x64-gnu`
 */
export async function packages(platform) {
  mkdirSync(FOLDER, { recursive: true })
  // Its own: another test file may be packing the same platform anew.
  const out = path.join(FOLDER, `${platform}-${process.pid}`)
  process.on('exit', () => rmSync(out, { recursive: true, force: true }))
  await withLock(path.join(FOLDER, 'lock'), { holder: reaper().child.pid, waiting: () => {} }, async () => {
    const what = platform.startsWith('linux-') ? [platform, '--profile=trial'] : ['--host', '--profile=release']
    const code = await run(process.execPath, [path.join(ROOT, 'scripts', 'package.js'), ...what, `--out=${out}`])
    if (code !== 0) throw new Error(`npm run package ${platform}: expected it to succeed, got exit code ${code}`)
  })
  return {
    platform,
    eramjs: path.join(out, `eramjs-${version}.tgz`),
    addon: path.join(out, `eramjs-${platform}-${version}.tgz`),
    /** The folder of the platform's package before it was packed. */
    folder: path.join(out, 'packages', `eramjs-${platform}`),
  }
}
