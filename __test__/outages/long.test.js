// A short outage of the database that looks long: no living node is presumed dead, and no job loses its attempt.
import { testOutageOf } from './long.js'

testOutageOf(2)
