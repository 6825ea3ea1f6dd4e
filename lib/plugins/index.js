// Table of contents of plugins/, the application's own plugins.
//
//   plugins.js         reads and checks the option `plugins`; starts and stops all plugins of an engine
//   plugin-runner.js   calls the methods of one plugin when the engine says so: timeouts, aborts, events

export { makePlugins, PluginRunners, readPlugins } from './plugins.js'
