/**
 * Adds the matchers of eramjs/testing to `expect` of vitest: list it in `setupFiles`, or import it in a test file.
 *
 * @packageDocumentation
 */
import type { JobMatchers } from 'eramjs/testing'

declare module 'vitest' {
  interface Assertion<T = any> extends JobMatchers<void> {}
}
