// eramjs/http: health, readiness and the load of queues over HTTP. The table of contents.
//
//   handler.js   what answers, for fetch, Node and Fastify
//   routes.js    the paths, and what each answers
//   options.js   checks the options
//   adapters.js  requests and responses of Node and Fastify
//   cached.js    shares one answer among the requests of some seconds
//   serve.js     a server of its own

export { handler } from './handler.js'
export { serve } from './serve.js'
