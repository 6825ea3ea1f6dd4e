// The application's tables, as TypeORM entities. A profile has the rule that some sign-ups break: it wants a name.
import { EntitySchema } from 'typeorm'

/** @typedef {{ id: number, email: string }} UserRow */
/** @typedef {{ user_id: number, name: string }} ProfileRow */

/** @type {EntitySchema<UserRow>} */
export const User = new EntitySchema({
  name: 'User',
  tableName: 'users',
  columns: {
    id: { type: Number, primary: true, generated: true },
    email: { type: String, unique: true },
  },
})

/** @type {EntitySchema<ProfileRow>} */
export const Profile = new EntitySchema({
  name: 'Profile',
  tableName: 'profiles',
  columns: {
    user_id: { type: Number, primary: true },
    name: { type: String },
  },
  checks: [{ expression: `name <> ''` }],
})
