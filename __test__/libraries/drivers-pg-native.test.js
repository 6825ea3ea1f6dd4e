// Enqueueing on a client of pg-native, where it could be compiled.
import { test } from 'node:test'
import { enqueuesInTransactions } from '../support/transactions.js'
import { missing, subjects } from './subjects/pg-native.js'

for (const [name, open] of Object.entries(subjects)) enqueuesInTransactions(name, open)

if (missing) test('pg-native: enqueues in transactions', { skip: missing }, () => {})
