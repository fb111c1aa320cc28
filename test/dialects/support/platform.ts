import type { IReturn, ResponseStatus } from '@servicestack/client'

/** What a client throws, and what every response of the service can hold. */
export interface Answered {
  responseStatus?: ResponseStatus
}

/** As a DTO generator writes it from the vendor's metadata. */
export class GetResetPasswordToken implements IReturn<Answered> {
  UserName?: string
  ApplianceId?: string
  SubdomainName?: string
  SuiteId?: string
  ApplianceLoginUrl?: string
  constructor(init?: Partial<GetResetPasswordToken>) {
    Object.assign(this, init)
  }
  getTypeName() {
    return 'GetResetPasswordToken'
  }
  getMethod() {
    return 'POST'
  }
  createResponse(): Answered {
    return {}
  }
}

/** As a DTO generator writes it from the vendor's metadata. */
export class PasswordReset implements IReturn<Answered> {
  NewPassword?: string
  ConfirmPassword?: string
  Token?: string
  ApplianceId?: string
  SubdomainName?: string
  constructor(init?: Partial<PasswordReset>) {
    Object.assign(this, init)
  }
  getTypeName() {
    return 'PasswordReset'
  }
  getMethod() {
    return 'POST'
  }
  createResponse(): Answered {
    return {}
  }
}
