// The application's tables, as TypeORM entities. Some sign-ups violate the constraint of a profile, that it has a name.
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
