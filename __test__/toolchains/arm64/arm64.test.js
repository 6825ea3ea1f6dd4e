// The packages for arm64 run: Node of that processor, in an emulator, performs 400 jobs on threads and stops.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jobs } from '../packages/jobs.js'
import { packages } from '../packages/trial.js'
import { skipWithout } from '../support/tools.js'

const NODE = fileURLToPath(new URL('node_modules/node-24/bin/node', import.meta.url))
const EMULATOR = ['/usr/bin/qemu-aarch64-static', '/usr/bin/qemu-aarch64'].find((file) => existsSync(file))
/** The C library of arm64, where Debian's packages for cross-compiling put it. */
const LIBRARIES = '/usr/aarch64-linux-gnu'
const isNative = process.platform === 'linux' && process.arch === 'arm64'
const isThere = isNative || (EMULATOR !== undefined && existsSync(path.join(LIBRARIES, 'lib')))
const tools = 'an emulator and libraries: qemu-user-static, libc6-arm64-cross and libstdc++6-arm64-cross on Debian'
const skip = process.platform === 'linux' ? skipWithout(isThere, tools) : 'needs Linux'

test('400 jobs are performed on arm64 with glibc', { skip }, async (t) => {
  const { eramjs, addon } = await packages('linux-arm64-gnu')
  const [program = NODE, ...args] = isNative ? [NODE] : [String(EMULATOR), '-L', LIBRARIES, NODE]
  assert.deepEqual(await jobs(t, { archives: [eramjs, addon], command: [program, ...args] }), {
    system: 'linux arm64',
    addon: 'eramjs-linux-arm64-gnu',
    jobs: [{ state: 'completed', count: 400 }],
  })
})
