// The package as `npm pack` lays it out, with the addon of this checkout where a platform package would put it.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { npm, output, ROOT } from '../../../scripts/command.js'

/** @type {Promise<string> | undefined} */
let unpacked

/** The folder of the unpacked package, for copying. One for each test file; it is removed when the file ends. */
export function packed() {
  unpacked ??= pack()
  return unpacked
}

async function pack() {
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-packed-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  // The set-up has built what `prepack` would build.
  const code = await npm(['pack', '--ignore-scripts', `--pack-destination=${folder}`, '--loglevel=error'], { line: () => {} })
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (code !== 0 || !archive) throw new Error(`npm pack: expected an archive in ${folder}, got exit code ${code}`)
  const extracted = await output('tar', ['-xzf', path.join(folder, archive), '-C', folder])
  if (extracted === null) throw new Error(`tar: expected ${archive} to be unpacked, it was not`)
  const result = path.join(folder, 'package')
  for (const name of readdirSync(path.join(ROOT, 'lib'))) {
    if (name.endsWith('.node')) cpSync(path.join(ROOT, 'lib', name), path.join(result, 'lib', name))
  }
  return result
}
