// Users, and the job that welcomes them, which needs the mailer of this module.
import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { WelcomeJob } from '../jobs/welcome.job'
import { MailerService } from './mailer.service'
import { User } from './user.entity'
import { UsersController } from './users.controller'
import { UsersService } from './users.service'

@Module({
  imports: [TypeOrmModule.forFeature([User])],
  controllers: [UsersController],
  providers: [UsersService, MailerService, WelcomeJob],
})
export class UsersModule {}
