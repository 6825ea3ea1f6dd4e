// Hides pg-native, which TypeORM prefers to pg wherever it is installed: its addon ends the process when a job thread and the main
// thread both load it. Imported by what both threads load first.
import Module from 'node:module'

const loader = /** @type {{ _load: (request: string, ...rest: unknown[]) => unknown }} */ (/** @type {unknown} */ (Module))
const load = loader._load

loader._load = function (request, ...rest) {
  if (request !== 'pg-native') return load.call(this, request, ...rest)
  throw Object.assign(new Error('pg-native is hidden from this test'), { code: 'MODULE_NOT_FOUND' })
}
