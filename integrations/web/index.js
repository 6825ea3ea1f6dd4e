// eramjs/web: the HTTP API of an engine, for operators and their programs. The table of contents.
//
//   web.js        what answers, for fetch, Node, Koa and Fastify
//   options.js    checks the options
//   respond.js    from a request to its answer
//   reading.js    answers what only reads
//   changing.js   answers what changes something
//   live/         the stream of what changes
//   paths.js      finds the route of a path
//   access.js     who may do what
//   csrf.js       refuses writes that another site has made a browser send
//   body.js       reads bodies, up to a limit
//   calls.js      performs operations; equal reads share one
//   payload.js    hides or redacts what applications put into jobs
//   errors.js     the answers to errors
//   headers.js    the headers of each answer
//   audit.js      what was changed, by whom: a row, a line in the log, and a call of the application
//   audit-entry.js   what a row says of a change
//   change-state.js  what the target of a change was like before and after
//   serve.js      a server of its own
//   document.js   the description of the API, as OpenAPI

export { serve } from './serve.js'
export { createWeb } from './web.js'
