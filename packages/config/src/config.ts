import { resolve } from 'node:path'
import * as parse from './parse.ts'

/** Everything that the environment decides, read once at start. */
export interface Config {
  /** Postgres 14 or newer; undefined: the embedded one in `dataDir`. */
  databaseUrl: string | undefined
  /** Redis or Valkey for the queues; undefined: BullMQ's Postgres backend. */
  redisUrl: string | undefined
  /** Mail servers, tried in order; empty: the built-in mailbox. */
  smtpUrls: string[]
  mailFrom: { name: string; address: string }
  /** Files of the keys that sign mails; empty: none is signed here. */
  dkim: DkimFile[]
  /** Origin of every link, without a trailing slash. */
  publicUrl: string
  port: number
  host: string
  /** Newest first; undefined: made once in `dataDir`. */
  secrets: Secret[] | undefined
  adminKey: string | undefined
  dataDir: string
  /** Addresses and networks (CIDR) whose `X-Forwarded-For` is believed. */
  trustProxy: string[]
  /** Networks that webhooks may go to although they are not public. */
  webhookAllow: string[]
  workerConcurrency: number
  workerPort: number
  /** Where the mailbox listens for SMTP, so that workers of other processes find it; undefined: DEFAULT_MAILBOX_PORT. */
  mailboxPort: number | undefined
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Ended requests and their mails are deleted after so many days. */
  retentionDays: number
  /** Ask Have I Been Pwned (k-anonymous) whether a new password was breached. */
  breachCheck: boolean
  /** Milliseconds that running work gets at shutdown. */
  shutdownGraceMs: number
  /** Where traces go, if anywhere; the OpenTelemetry SDK reads the collector's address from the same variables. */
  tracing: 'otlp' | 'console' | undefined
}

/** A key for tokens. `id` names it in the rows that it minted; it tells nothing about the key. */
export interface Secret {
  id: string
  key: Buffer
}

/** Where the private key lies whose public half stands in DNS at `<selector>._domainkey.<domain>`. */
export interface DkimFile {
  selector: string
  domain: string
  path: string
}

/** Where the mailbox listens when nothing else is said. */
export const DEFAULT_MAILBOX_PORT = 1025

export type Environment = Record<string, string | undefined>

/** The message is one line: the variable and what it must look like. It never holds the value. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Reads the configuration out of an environment. Pure: opens, reads and writes nothing else.
 * An empty variable counts as unset. Throws ConfigError at the first wrong value.
 */
export function readConfig(env: Environment): Config {
  const read = <T>(
    name: string,
    convert: (text: string) => T | undefined,
    expected: string,
  ): T | undefined => {
    const text = env[name]?.trim()
    if (!text) return undefined
    const value = convert(text)
    if (value === undefined) throw new ConfigError(`${name} must be ${expected}.`)
    return value
  }

  const port = read('PORT', parse.port, 'a port number from 1 to 65535') ?? 3000
  const databaseUrl = read(
    'DATABASE_URL',
    text => parse.url(text, ['postgres:', 'postgresql:']),
    'a Postgres address such as postgres://user:password@host:5432/database',
  )
  const secrets = read(
    'SPAREKEY_SECRET',
    parse.secrets,
    '32 random bytes in base64 (make them with: openssl rand -base64 32); several by comma, newest first',
  )
  if (databaseUrl && !secrets) {
    throw new ConfigError(
      'SPAREKEY_SECRET must be set when DATABASE_URL is: 32 random bytes in base64 (make them with: openssl rand -base64 32).',
    )
  }
  const tracesExporter = read(
    'OTEL_TRACES_EXPORTER',
    text => parse.oneOf(text, ['otlp', 'console', 'none']),
    'otlp, console or none',
  )

  return {
    databaseUrl,
    redisUrl: read(
      'REDIS_URL',
      parse.redisUrl,
      'a Redis address such as redis://host:6379, rediss://…, redis://host1:6379,host2:6379 for a cluster, or redis+sentinel://host1:26379,host2:26379/mastername',
    ),
    smtpUrls:
      read(
        'SMTP_URL',
        text => parse.urls(text, ['smtp:', 'smtps:']),
        'one or more mail servers by comma, such as smtps://user:password@mail.example.com:465',
      ) ?? [],
    mailFrom: read('MAIL_FROM', parse.sender, 'a sender such as Acme <no-reply@example.com>') ?? {
      name: 'Sparekey',
      address: 'no-reply@localhost',
    },
    dkim:
      read(
        'DKIM',
        parse.dkimFiles,
        'selector@domain=path of a private key in PEM, several by comma, each selector once for a domain',
      ) ?? [],
    publicUrl:
      read('PUBLIC_URL', parse.origin, 'an origin without a path, such as https://reset.example.com') ??
      `http://localhost:${port}`,
    port,
    host: read('HOST', parse.host, 'an IP address or host name to listen on') ?? '127.0.0.1',
    secrets,
    adminKey: read('SPAREKEY_ADMIN_KEY', parse.adminKey, 'at least 24 characters without spaces'),
    dataDir: resolve(env.SPAREKEY_DATA?.trim() || '.sparekey'),
    trustProxy: read('TRUST_PROXY', parse.networks, 'IP addresses or networks (10.0.0.0/8) by comma') ?? [],
    webhookAllow:
      read('WEBHOOK_ALLOW', parse.networks, 'IP addresses or networks (10.0.0.0/8) by comma') ?? [],
    workerConcurrency:
      read('WORKER_CONCURRENCY', text => parse.integer(text, 1, 1000), 'a number from 1 to 1000') ?? 250,
    workerPort: read('WORKER_PORT', parse.port, 'a port number from 1 to 65535') ?? 3001,
    mailboxPort: read('MAILBOX_PORT', parse.port, 'a port number from 1 to 65535'),
    logLevel:
      read(
        'LOG_LEVEL',
        text => parse.oneOf(text, ['debug', 'info', 'warn', 'error', 'silent']),
        'debug, info, warn, error or silent',
      ) ?? 'info',
    retentionDays:
      read('RETENTION_DAYS', text => parse.integer(text, 1, 3650), 'a number of days from 1 to 3650') ?? 30,
    breachCheck: read('BREACH_CHECK', parse.onOff, 'on or off') ?? false,
    shutdownGraceMs:
      1000 *
      (read('SHUTDOWN_GRACE', text => parse.integer(text, 1, 600), 'a number of seconds from 1 to 600') ??
        30),
    tracing: tracesOf(env, tracesExporter),
  }
}

/** Where the standard variables of OpenTelemetry want traces: unless told otherwise, at a collector that is named. */
function tracesOf(env: Environment, exporter: 'otlp' | 'console' | 'none' | undefined): Config['tracing'] {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true' || exporter === 'none') return undefined
  const collectors = [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT]
  return exporter ?? (collectors.some(value => value?.trim()) ? 'otlp' : undefined)
}
