// Table of contents of middleware/, what surrounds calls of enqueue, attempts, and calls of perform.
//
//   layers.js           which middleware applies: that of the isolate, of setup files, of the engine, of the class
//   perform-chains.js   composes it for attempts and for perform, once for each class
//   enqueue-chain.js    runs it around an enqueue
//   draft-handle.js     a draft as enqueue middleware sees and changes it

export { enqueueThrough, isSurrounded } from './enqueue-chain.js'
export { chainsOf } from './perform-chains.js'
