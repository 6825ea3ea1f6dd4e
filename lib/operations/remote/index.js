// Table of contents of remote/, operations as a remote caller performs them: over HTTP, with JSON on both sides.
//
//   routes.js    the routes, as they follow from the table
//   input.js     makes options of a path, a query and a body
//   check.js     checks a value against the schema of an option
//   answer.js    performs an operation, and makes JSON of its answer
//   web-call.js  limits how a call uses the database
//   audit.js     what is recorded of changes

export { remoteBy, remoteOf } from './answer.js'
export { routesOf } from './routes.js'
