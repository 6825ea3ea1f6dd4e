// The entries of the package for `require` on a Node that cannot require ES modules (before 20.19), and where a test runner has no
// ES modules: index.cjs and index.d.cts beside each index.js and index.d.ts.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../command.js'
import { fingerprint, recall, remember } from './stamp.js'

/** Without endings. */
const ENTRIES = ['index', 'integrations/jobs/index']
const SOURCES = ['index.js', 'index.d.ts', 'lib', 'integrations', 'scripts/setup/bundle.js']
const BANNER = `// Generated from index.js and what it imports by \`npm run build\`, for require() on Node before 20.19.
const __metaOf = (file) => {
  const { dirname, join } = require('node:path')
  const filename = join(__dirname, file)
  return { url: require('node:url').pathToFileURL(filename).href, filename, dirname: dirname(filename) }
}`

/** @param {string} folder of the set-up's own files @returns {import('./index.js').Step} */
export function bundle(folder) {
  const stamp = path.join(folder, 'bundle.json')
  const sources = () => fingerprint(SOURCES, { only: /\.(js|ts)$/ })
  return {
    name: 'bundle',
    stale() {
      const made = ENTRIES.flatMap((entry) => [`${entry}.cjs`, `${entry}.d.cts`])
      if (!made.every((file) => existsSync(path.join(ROOT, file)))) return 'index.cjs for require()'
      return recall(stamp)?.sources === sources() ? null : 'index.cjs for require() (the sources changed)'
    },
    async perform() {
      const built = sources()
      for (const entry of ENTRIES) {
        write(`${entry}.cjs`, await bundled(`${entry}.js`))
        write(`${entry}.d.cts`, readFileSync(path.join(ROOT, `${entry}.d.ts`), 'utf8'))
      }
      remember(stamp, { sources: built })
    },
  }
}

/** @param {string} entry @returns {Promise<string>} */
async function bundled(entry) {
  // Imported here: the set-up starts without node_modules.
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Database libraries and frameworks are the user's own, and an integration requires the main entry by its name.
    packages: 'external',
    logLevel: 'error',
    banner: { js: BANNER },
    define: { 'import.meta': '__meta' },
    plugins: [{ name: 'meta', setup: meta }],
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Keeps each module's own `import.meta`, so that threads and the addon are found where they are.
 * @param {import('esbuild').PluginBuild} build
 */
function meta(build) {
  build.onResolve({ filter: /\/native\.cjs$/ }, () => ({ path: './lib/native.cjs', external: true }))
  build.onLoad({ filter: /\.js$/ }, ({ path: file }) => {
    const source = readFileSync(file, 'utf8')
    if (!source.includes('import.meta')) return { contents: source }
    const place = path.relative(ROOT, file).split(path.sep).join('/')
    return { contents: `const __meta = __metaOf(${JSON.stringify(place)});${source}` }
  })
}

/** In one step, as another process may be loading the file. @param {string} name @param {string} text */
function write(name, text) {
  const file = path.join(ROOT, name)
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}
