// npm run package [-- <platform> …]: builds the addon, checks what it needs, and packs eramjs and its platform packages into dist/.
// After `npm pack`, packs the addon of this machine beside eramjs.
//
//   package/options.js    what the command takes
//   package/toolchain.js  cargo-zigbuild and zig, which build for every Linux
//   package/build.js      one platform's addon
//   package/check.js      what an addon may need where it is loaded
//   package/notices.js    THIRD-PARTY-NOTICES.txt: the licenses of the crates
//   package/stage.js      the folders that are packed, and their manifests
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { log, main } from './main.js'
import { buildAddon } from './package/build.js'
import { checkAddon } from './package/check.js'
import { updateNotices } from './package/notices.js'
import { current, options } from './package/options.js'
import { pack, stageMain, stagePlatform } from './package/stage.js'
import { toolchain } from './package/toolchain.js'
import { setup } from './setup/index.js'

await main(() => (process.env.npm_lifecycle_event === 'postpack' ? packBeside() : packAll()))

async function packAll() {
  const { platforms, isHost, profile, out } = options(process.argv.slice(2))
  // What the machine's own compiler builds, the set-up builds.
  await setup(isHost ? { profile: /** @type {import('./setup/index.js').Profile} */ (profile) } : { only: 'javascript' })
  await updateNotices()
  const tools = isHost ? undefined : await toolchain(platforms)
  rmSync(out, { recursive: true, force: true })
  const folders = [await stageMain(out)]
  for (const platform of platforms) {
    const file = await buildAddon(platform, { tools, profile })
    log(platform.name, checkAddon(platform, file, { isHost }))
    folders.push(stagePlatform(out, platform, file))
  }
  for (const folder of folders) log('packed', path.relative(process.cwd(), await pack(folder, out)))
}

async function packBeside() {
  if (process.env.npm_config_dry_run === 'true') return
  const platform = current()
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-pack-'))
  try {
    const staged = stagePlatform(folder, platform, await buildAddon(platform, {}))
    const archive = await pack(staged, process.env.npm_config_pack_destination || (process.env.INIT_CWD ?? process.cwd()))
    log('packed', `${path.basename(archive)}, the addon of this machine: install both; \`npm run package\` packs what is published`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
