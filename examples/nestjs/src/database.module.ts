// The connection to the database, which job threads open too.
import { TypeOrmModule } from '@nestjs/typeorm'
import { User } from './users/user.entity'

export const DatabaseModule = TypeOrmModule.forRoot({
  type: 'postgres',
  url: process.env.DATABASE_URL,
  entities: [User],
  synchronize: true,
})
