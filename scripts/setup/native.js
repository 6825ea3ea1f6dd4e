// pg-native, of which the addon is compiled where libpq is. Nobody has to have it: its tests say why they are skipped.
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT, run } from '../command.js'
import { say } from '../say.js'

const LIBRARIES = path.join(ROOT, '__test__', 'libraries')
const FOLDER = path.join(LIBRARIES, 'node_modules', 'libpq')
/** Goes with the folder, so that a new installation is tried again. */
const TRIED = path.join(FOLDER, '.tried')

/** @returns {import('./index.js').Step} */
export const native = () => ({
  name: 'pg-native',
  stale() {
    if (!existsSync(FOLDER) || existsSync(TRIED) || existsSync(path.join(FOLDER, 'build', 'Release', 'addon.node'))) return null
    const places = (process.env.PATH ?? '').split(path.delimiter)
    return places.some((place) => existsSync(path.join(place, 'pg_config'))) ? 'compiling for the libpq of this machine' : null
  },
  async perform() {
    writeFileSync(TRIED, '')
    /** @type {string[]} */
    const words = []
    const args = ['rebuild', 'libpq', '--ignore-scripts=false', `--prefix=${LIBRARIES}`, '--loglevel=error']
    const cli = process.env.npm_execpath
    const line = (/** @type {string} */ word) => void words.push(word)
    const code = cli?.endsWith('npm-cli.js') ? await run(process.execPath, [cli, ...args], { line }) : await run('npm', args, { line })
    if (code !== 0)
      say('pg-native', `it could not be compiled, so its tests are skipped: ${words.filter((word) => /error/i.test(word))[0] ?? ''}`)
  },
})
