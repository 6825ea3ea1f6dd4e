/**
 * Adds the matchers of eramjs/testing to `expect` of jest: list it in `setupFilesAfterEnv`, or import it in a test file.
 *
 * @packageDocumentation
 */
import type { JobMatchers } from 'eramjs/testing'

declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends JobMatchers<R> {}
  }
}

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends JobMatchers<R> {}
}
