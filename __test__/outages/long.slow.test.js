// A long outage of the database: no living node is presumed dead, and no job loses its attempt.
import { testOutageOf } from './long.js'

testOutageOf(25)
