// The dashboard: web/dist, which Vite builds from web/, with a compressed copy beside each file.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { ROOT } from '../command.js'
import { fingerprint, recall, remember } from './stamp.js'

const SOURCES = ['web', 'scripts/setup/dashboard.js', 'package-lock.json']
const DIST = path.join(ROOT, 'web', 'dist')
const MANIFEST = path.join(DIST, 'manifest.json')

/** @param {string} folder of the set-up's own files @returns {import('./index.js').Step} */
export function dashboard(folder) {
  const stamp = path.join(folder, 'dashboard.json')
  const sources = () => fingerprint(SOURCES, { only: /^(?!web\/dist\/)/ })
  return {
    name: 'dashboard',
    stale() {
      if (!existsSync(MANIFEST)) return 'web/dist for eramjs/web'
      return recall(stamp)?.sources === sources() ? null : 'web/dist for eramjs/web (the sources changed)'
    },
    async perform() {
      const built = sources()
      await buildDashboard()
      remember(stamp, { sources: built })
    },
  }
}

async function buildDashboard() {
  // Imported here: the set-up starts without node_modules.
  const { build } = await import('vite')
  // Vite sets it for the process, and so for the tests after the set-up.
  const { NODE_ENV } = process.env
  await build({ configFile: path.join(ROOT, 'web', 'vite.config.js') })
  if (NODE_ENV === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = NODE_ENV
  const assets = path.join(DIST, 'assets')
  for (const name of readdirSync(assets)) compress(path.join(assets, name))
  const file = path.join(DIST, 'vite.json')
  writeFileSync(`${MANIFEST}.new`, `${JSON.stringify(entriesOf(JSON.parse(readFileSync(file, 'utf8'))))}\n`)
  renameSync(`${MANIFEST}.new`, MANIFEST)
  rmSync(file)
}

/** What a page names: the rest is found from there. @param {Record<string, { file: string, src?: string }>} chunks */
function entriesOf(chunks) {
  const fileOf = (/** @type {string} */ ending) => Object.values(chunks).find(({ file, src }) => (src ?? file).endsWith(ending))?.file
  return { script: fileOf('main.tsx'), style: fileOf('.css'), icon: fileOf('.svg') }
}

/** @param {string} file */
function compress(file) {
  const text = readFileSync(file)
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: text.length }
  writeFileSync(`${file}.br`, brotliCompressSync(text, { params }))
  writeFileSync(`${file}.gz`, gzipSync(text, { level: constants.Z_BEST_COMPRESSION }))
}
