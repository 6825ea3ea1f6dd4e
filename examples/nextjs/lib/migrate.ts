// Creates the application's own table.
import { pool } from './database.ts'

await pool.query('CREATE TABLE IF NOT EXISTS users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, welcomed_at timestamptz)')
await pool.end()
