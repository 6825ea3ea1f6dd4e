// POST /signups { "email": … }: 201 with the user and the job, or 422 if there is neither.
import { signUp } from '../../lib/sign-up.ts'

export async function POST(request: Request) {
  const { email } = await request.json()
  try {
    return Response.json(await signUp(email), { status: 201 })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return Response.json({ error: error.message }, { status: 422 })
  }
}
