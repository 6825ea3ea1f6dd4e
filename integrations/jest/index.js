// eramjs/testing/jest: adds the matchers of eramjs/testing to expect of jest.

import { expect } from '@jest/globals'
import { matchers } from 'eramjs/testing'

expect.extend(matchers)
