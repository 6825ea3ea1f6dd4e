// Sends mail, as far as this example goes: it notes in the table that it did.
import { Injectable } from '@nestjs/common'
import { InjectRepository } from '@nestjs/typeorm'
import { Repository } from 'typeorm'
import { User } from './user.entity'

@Injectable()
export class MailerService {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  async welcome(id: number) {
    await this.users.update(id, { welcomed: true })
    return { sent: id }
  }
}
