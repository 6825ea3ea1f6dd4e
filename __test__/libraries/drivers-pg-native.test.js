// Enqueueing on a client of pg-native, where it could be compiled.
import { test } from 'node:test'
import { enqueuesInTransactions } from '../support/transactions.js'
import { adapters, missing } from './adapters/pg-native.js'

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

if (missing) test('pg-native: enqueues in transactions', { skip: missing }, () => {})
