// The config file eram.config, and what it says: found, imported, checked.
//
//   find.js     where the file is
//   read.js     imports and checks it
//   glob.js     the files that patterns match
//   classes.js  imports the files of job classes, and warns of what does not fit together
//   preload.js  --import

export { checkQueues, loadClasses } from './classes.js'
export { CONFIG_FILES, findConfig } from './find.js'
export { importFlags, preload } from './preload.js'
export { readConfig } from './read.js'

/** @typedef {import('./read.js').Config} Config */
