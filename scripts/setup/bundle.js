// The entries as CommonJS, index.cjs and others: the package for `require` on a Node that cannot require ES modules (before 20.19),
// and where a test runner has no ES modules. Also the loader of the addon, which the ES modules require at the first use of it.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../command.js'
import { fingerprint, recall, remember } from './stamp.js'

const LOADER = 'lib/addon/load'
/** Without endings. */
const INTEGRATIONS = ['client', 'context', 'http', 'jest', 'jobs', 'nestjs', 'otel', 'web']
const ENTRIES = ['index', 'enqueue', 'testing', ...INTEGRATIONS.map((name) => `integrations/${name}/index`)]
const SOURCES = [...ENTRIES.flatMap((name) => [`${name}.js`, `${name}.d.ts`]), 'lib', 'integrations', 'scripts/setup/bundle.js']
/** @param {string} name */
const banner = (name) => `// Generated from ${name}.js and lib/ by \`npm run build\`, for require() on Node before 20.19.`
/** @param {string} root  the project's folder, from that of the bundle */
const meta = (root) => `const __metaOf = (file) => {
  const { dirname, join } = require('node:path')
  const filename = join(__dirname, '${root}', file)
  return { url: require('node:url').pathToFileURL(filename).href, filename, dirname: dirname(filename) }
}`

/** @param {string} folder of the set-up's own files @returns {import('./index.js').Step} */
export function bundle(folder) {
  const stamp = path.join(folder, 'bundle.json')
  const sources = () => fingerprint(SOURCES, { only: /\.(js|ts)$/ })
  return {
    name: 'bundle',
    stale() {
      const missing = [`${LOADER}.cjs`, ...ENTRIES.flatMap((name) => [`${name}.cjs`, `${name}.d.cts`])].find(
        (name) => !existsSync(path.join(ROOT, name)),
      )
      if (missing) return `${missing} for require()`
      return recall(stamp)?.sources === sources() ? null : 'index.cjs for require() (the sources changed)'
    },
    async perform() {
      const built = sources()
      for (const name of [LOADER, ...ENTRIES]) write(`${name}.cjs`, await bundled(name))
      for (const name of ENTRIES) {
        write(`${name}.d.cts`, readFileSync(path.join(ROOT, `${name}.d.ts`), 'utf8'))
      }
      remember(stamp, { sources: built })
    },
  }
}

/** @param {string} name  of the entry @returns {Promise<string>} */
async function bundled(name) {
  // Imported here: the set-up starts without node_modules.
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`${name}.js`],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Database libraries are the user's own.
    packages: 'external',
    logLevel: 'error',
    banner: { js: banner(name) },
    define: { 'import.meta': '__meta' },
    plugins: [{ name: 'meta', setup: keepMeta }],
  })
  const text = outputFiles[0]?.text ?? ''
  // A bundle that needs no place of its own needs no module of Node.
  return text.includes('__metaOf(') ? text.replace(banner(name), `${banner(name)}\n${meta(path.relative(path.dirname(name), '.'))}`) : text
}

/**
 * Keeps each module's own `import.meta`, so that threads and the addon are found where they are.
 * @param {import('esbuild').PluginBuild} build
 */
function keepMeta(build) {
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
