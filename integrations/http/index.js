// eramjs/http: health, readiness, the load of queues and metrics over HTTP. The table of contents.
//
//   handler.js   what answers, for fetch, Node, Koa and Fastify
//   routes.js    the paths, and what each answers
//   formats.js   the formats of metrics
//   options.js   checks the options
//   adapters.js  answers in Node, Koa and Fastify
//   stream.js    answers that go on
//   request.js   makes a request of the fetch API of one of Node's
//   cached.js    shares one answer among the requests of some seconds
//   serve.js     a server of its own

export { handler } from './handler.js'
export { serve } from './serve.js'
