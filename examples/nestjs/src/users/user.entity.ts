// The table of users.
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm'

@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id: number

  @Column()
  email: string

  @Column({ default: false })
  welcomed: boolean

  @CreateDateColumn()
  created_at: Date
}
