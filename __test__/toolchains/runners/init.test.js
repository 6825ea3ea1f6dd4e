// What `eramjs init` writes passes the tests of the project, in six shapes of projects: `npm test` runs them.
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { eramjs } from '../../support/cli.js'
import { finished, project, ROOT } from '../../support/snippets.js'

const RUNNERS = path.join(import.meta.dirname, 'node_modules')
const TS = { compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, skipLibCheck: true, types: ['node'] } }

/** @type {Record<string, { manifest: object | null, files?: Record<string, string>, args?: string[], packages?: string[] }>} */
const SHAPES = {
  'an empty folder': { manifest: null },
  'CommonJS with the script of npm init': { manifest: { scripts: { test: 'echo "Error: no test specified" && exit 1' } } },
  'TypeScript with node:test': {
    manifest: { type: 'module', devDependencies: { typescript: '*' } },
    files: { 'tsconfig.json': JSON.stringify(TS), 'src/main.ts': '' },
  },
  'TypeScript with vitest': {
    manifest: { type: 'module', devDependencies: { typescript: '*', vitest: '*' } },
    packages: ['vitest'],
  },
  'TypeScript as CommonJS with jest': {
    manifest: { devDependencies: { typescript: '*', jest: '*', 'ts-jest': '*' } },
    files: {
      'jest.config.js': `module.exports = { preset: 'ts-jest', testEnvironment: 'node' }`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: { ...TS.compilerOptions, module: 'commonjs', esModuleInterop: true, types: ['jest', 'node'] },
      }),
    },
    packages: ['jest', 'ts-jest', '@types/jest', 'typescript'],
  },
  mocha: { manifest: { type: 'module', devDependencies: { mocha: '*' } }, packages: ['mocha'] },
}

describe('npm test after init', () => {
  for (const [name, { manifest, files = {}, packages = [] }] of Object.entries(SHAPES)) {
    test(`passes in ${name}`, async () => {
      const own = await project(manifest ?? {})
      const folder = manifest === null ? path.join(own.folder, 'empty') : own.folder
      mkdirSync(folder, { recursive: true })
      for (const [file, text] of Object.entries(files)) await own.write(file, text)
      await own.link('eramjs', 'tsx', '@types/node', ...(packages.includes('typescript') ? [] : ['typescript']))
      for (const each of packages) {
        const at = path.join(own.folder, 'node_modules', each)
        mkdirSync(path.dirname(at), { recursive: true })
        symlinkSync(path.join(RUNNERS, each), at)
      }
      const bin = path.join(own.folder, 'node_modules/.bin')
      if (packages.length > 0) symlinkSync(path.join(RUNNERS, '.bin'), bin)
      const { code, err } = await eramjs(['init'], { cwd: folder, env: {} })
      assert.deepEqual([code, err], [0, ''])
      const tested = await finished('npm', ['test'], { cwd: folder, env: { DATABASE_URL: '', NODE_TEST_CONTEXT: undefined } })
      assert.equal(tested.code, 0, tested.out)
      assert.match(stripVTControlCharacters(tested.out), /\b1 (passed|passing)\b|^(?:#|ℹ) pass 1$/m)
      const typescript = path.join(ROOT, 'node_modules/typescript/bin/tsc')
      if ('tsconfig.json' in files && !packages.includes('jest')) {
        const compiled = await finished(process.execPath, [typescript, '--noEmit', '-p', folder])
        assert.equal(compiled.code, 0, compiled.out)
      }
    })
  }
})
