// The users, and a form that signs up another one with a server action.
import { revalidatePath } from 'next/cache'
import { pool } from '../lib/database.ts'
import { signUp } from '../lib/sign-up.ts'

export const dynamic = 'force-dynamic'

async function submit(form: FormData) {
  'use server'
  await signUp(String(form.get('email')))
  revalidatePath('/')
}

export default async function Page() {
  const { rows } = await pool.query('SELECT id, email, welcomed_at FROM users ORDER BY id')
  return (
    <main>
      <form action={submit}>
        <input name="email" type="email" required />
        <button type="submit">Sign up</button>
      </form>
      <ul>
        {rows.map(({ id, email, welcomed_at }) => (
          <li key={id}>{`${email}: ${welcomed_at ? 'welcomed' : 'not yet welcomed'}`}</li>
        ))}
      </ul>
    </main>
  )
}
