// Table of contents of addon/, the Rust engine as a native module.
//
//   native.js     the addon, loaded
//   load.js       finds the addon of this platform: the only file that loads one
//   failure.js    says why it could not be loaded, and what helps
//   platforms.js  the platforms that there are addons for, and the current one
//   elf.js        what a library of Linux needs

export { native, registry } from './native.js'
