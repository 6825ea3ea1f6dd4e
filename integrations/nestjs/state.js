// What all copies of this module in a JavaScript isolate share: a program may load both the ES module and the CommonJS bundle.

/**
 * @typedef {object} State
 * @property {boolean} isJobIsolate  nestSetup has started a container here, for jobs of an engine that another isolate started
 * @property {Map<string, Function>} decorated  classes of the decorator Job, by worker name
 * @property {((worker: string, JobClass: Function) => void) | null} onDecorated  called for each further class
 */

const KEY = Symbol.for('eramjs.nestjs')

const shared = /** @type {Record<symbol, State | undefined>} */ (/** @type {unknown} */ (globalThis))

/** @type {State} */
const initial = { isJobIsolate: false, decorated: new Map(), onDecorated: null }

shared[KEY] ??= initial

export const state = /** @type {State} */ (shared[KEY])
