// eramjs/testing/vitest: adds the matchers of eramjs/testing to expect of vitest.

import { matchers } from 'eramjs/testing'
import { expect } from 'vitest'

expect.extend(matchers)
