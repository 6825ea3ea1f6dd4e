// What all copies of this module in a JavaScript isolate share: a program may load both the ES module and the CommonJS bundle.

/**
 * @typedef {object} State
 * @property {boolean} isJobIsolate  nestSetup has started a container here, for jobs of an engine that another isolate started
 * @property {Map<string, Function>} decorated  classes with @Job, by worker name
 * @property {((worker: string, JobClass: Function) => void) | null} decorate  called for each further class
 */

const KEY = Symbol.for('eramjs.nestjs')

const shared = /** @type {Record<symbol, State | undefined>} */ (/** @type {unknown} */ (globalThis))

shared[KEY] ??= { isJobIsolate: false, decorated: new Map(), decorate: null }

export const state = shared[KEY]
