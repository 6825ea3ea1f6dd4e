// Table of contents of live/, the stream of what changes.
//
//   streams.js   opens a stream for a caller, and closes all of a server
//   hub.js       one for each engine: looks, and tells all viewers
//   look.js      one look: at the marks, and by operations
//   topics.js    what can be looked at
//   viewer.js    one stream: what it has been sent
//   look-interval.js  how often to look

export { Streams } from './streams.js'
