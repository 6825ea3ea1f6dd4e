// What a statement reads of a million jobs is what it reads of ten thousand.
import { compareWith } from './plans/compare.js'

compareWith(1_000_000)
