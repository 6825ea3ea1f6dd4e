// Table of contents of plugins/, the application's own plugins.
//
//   plugins.js       reads and checks the option `plugins`; starts and stops all plugins of an engine
//   plugin-loop.js   runs one plugin: ticks, timeouts, back-off, leadership

export { makePlugins, PluginRunners, readPlugins } from './plugins.js'
