// Table of contents of addon/, the Rust engine as a native module.
//
//   native.js     the addon, loaded with its first use
//   load.js       finds the addon of this platform: the only file that loads one; runs as load.cjs
//   failure.js    says why it could not be loaded, and what helps
//   platforms.js  the platforms that there are addons for, and the current one
//   elf.js        what a library of Linux needs

export { isLoaded, native, registry } from './native.js'
