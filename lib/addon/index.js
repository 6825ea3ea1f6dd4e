// Table of contents of addon/, the Rust engine as a native module.
//
//   native.js   loads the addon; the only file that imports lib/native.cjs

export { native, registry } from './native.js'
