import { Command } from 'commander'
import * as manage from './manage.ts'
import type { Run } from './run.ts'

/** Runs one action. `serve`: it goes on until a signal ends it; `once`: it ends when it is done. */
export type Perform = (how: 'serve' | 'once', action: (run: Run) => Promise<void>) => Promise<void>

/** The commands of `sparekey` and their help. What serves is loaded when it is asked for: it brings all the rest along. */
export function createProgram(perform: Perform): Command {
  const program = new Command('sparekey').description('A password-reset service beside the product you have.')

  const serve = (name: string, about: string, action: (run: Run) => Promise<void>) =>
    program
      .command(name)
      .description(about)
      .action(() => perform('serve', action))
  serve('start', 'everything in one process, and what is not configured comes along', async run =>
    (await import('./start.ts')).start(run),
  )
  serve('api', 'the API and the hosted pages alone', async run => (await import('./start.ts')).startApi(run))
  serve('worker', 'the workers alone', async run => (await import('./start.ts')).startWorkers(run))

  const once = <A extends unknown[]>(action: (run: Run, ...args: A) => Promise<void>) => {
    return (...args: A) => perform('once', run => action(run, ...args))
  }
  program.command('migrate').description('bring the database up to date').action(once(manage.runMigrations))
  program
    .command('doctor')
    .description(
      'look at everything that Sparekey needs, say what is wrong and how to mend it; changes nothing',
    )
    .option('--json', 'the same as JSON')
    .option(
      '--dkim-selector <selector...>',
      'where the DKIM key is looked up, if mails are signed by the mail server',
    )
    .action(async options => (await import('./doctor/doctor.ts')).doctor(perform, options))

  const app = program.command('app').description('applications')
  app
    .command('create <name>')
    .option('--slug <slug>', 'its name in addresses; made from the name when left out')
    .action(once(manage.addApplication))
  app.command('list').action(once(manage.printApplications))
  app
    .command('alias <app> <value>')
    .description('add a name that dialects find the application by')
    .action(once(manage.nameApplication))

  const key = program.command('key').description("an application's keys")
  key
    .command('create <app>')
    .option('--kind <kind>', 'secret or publishable', 'secret')
    .option('--name <name>', 'what it is for')
    .action(once(manage.addKey))
  key.command('list <app>').action(once(manage.printKeys))
  key.command('revoke <app> <keyId>').action(once(manage.endKey))

  const account = program.command('account').description("an application's accounts")
  account
    .command('create <app> <login>')
    .option('--email <address>', 'where mail goes; the login when left out')
    .option('--name <name>')
    .option('--locale <locale>', 'such as en or de')
    .action(once(manage.addAccount))
  account.command('list <app>').action(once(manage.printAccounts))
  return program
}
