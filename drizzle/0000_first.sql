CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL,
	"login" text NOT NULL,
	"login_key" text NOT NULL,
	"email" text NOT NULL,
	"email_key" text NOT NULL,
	"name" text,
	"locale" text,
	"password_hash" text,
	"password_set_at" timestamp with time zone,
	"sessions_valid_after" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL,
	"kind" text NOT NULL,
	"name" text,
	"digest" "bytea" NOT NULL,
	"hint" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_kind" CHECK ("api_keys"."kind" in ('secret', 'publishable'))
);
--> statement-breakpoint
CREATE TABLE "application_aliases" (
	"alias" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "applications" (
	"id" text PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"brand" jsonb NOT NULL,
	"from_sender" text,
	"reply_to" text,
	"locale" text NOT NULL,
	"redirect_origins" text[] NOT NULL,
	"reset_url" text,
	"dialects" text[] NOT NULL,
	"directory" text NOT NULL,
	"link_minutes" integer NOT NULL,
	"code_minutes" integer NOT NULL,
	"code_digits" integer NOT NULL,
	"deliver_within_minutes" integer NOT NULL,
	"min_password_length" integer NOT NULL,
	"limits" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "applications_directory" CHECK ("applications"."directory" in ('builtin', 'caller', 'http'))
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"application_id" text NOT NULL,
	"route" text NOT NULL,
	"key_digest" "bytea" NOT NULL,
	"body_digest" "bytea" NOT NULL,
	"request_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_application_id_route_key_digest_pk" PRIMARY KEY("application_id","route","key_digest")
);
--> statement-breakpoint
CREATE TABLE "mail_attempts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mail_attempts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"mail_id" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"transport" text NOT NULL,
	"outcome" text NOT NULL,
	"code" integer,
	"response" text,
	"duration_ms" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"id" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL,
	"request_id" text NOT NULL,
	"generation" integer NOT NULL,
	"kind" text NOT NULL,
	"recipient_key" text NOT NULL,
	"to_address" text NOT NULL,
	"to_name" text,
	"locale" text NOT NULL,
	"details" jsonb,
	"with_code" boolean DEFAULT false NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"unreached" integer DEFAULT 0 NOT NULL,
	"lost" integer DEFAULT 0 NOT NULL,
	"claim" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"next_try_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deliver_before" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	CONSTRAINT "mails_kind" CHECK ("mails"."kind" in ('reset', 'notice')),
	CONSTRAINT "mails_status" CHECK ("mails"."status" in ('queued', 'sending', 'sent', 'unknown', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "reset_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL,
	"dialect" text NOT NULL,
	"login" text NOT NULL,
	"login_key" text NOT NULL,
	"locale" text,
	"redirect_url" text,
	"metadata" jsonb,
	"client" jsonb NOT NULL,
	"recipient" jsonb,
	"status" text NOT NULL,
	"reason" text,
	"generation" integer DEFAULT 1 NOT NULL,
	"account_id" text,
	"recipient_key" text,
	"secret_id" text,
	"seed" "bytea",
	"token_digest" "bytea",
	"code_digest" "bytea",
	"code_tries" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deliver_before" timestamp with time zone NOT NULL,
	"enqueued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"minted_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"code_expires_at" timestamp with time zone,
	"exchanged_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "reset_requests_status" CHECK ("reset_requests"."status" in ('accepted', 'sending', 'sent', 'used', 'expired', 'replaced', 'unknown', 'failed', 'ignored', 'cancelled'))
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "application_aliases" ADD CONSTRAINT "application_aliases_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail_attempts" ADD CONSTRAINT "mail_attempts_mail_id_mails_id_fk" FOREIGN KEY ("mail_id") REFERENCES "public"."mails"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mails" ADD CONSTRAINT "mails_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mails" ADD CONSTRAINT "mails_request_id_reset_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."reset_requests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD CONSTRAINT "reset_requests_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD CONSTRAINT "reset_requests_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_login" ON "accounts" USING btree ("application_id","login_key");--> statement-breakpoint
CREATE INDEX "accounts_email" ON "accounts" USING btree ("application_id","email_key");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_digest" ON "api_keys" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "api_keys_application" ON "api_keys" USING btree ("application_id");--> statement-breakpoint
CREATE INDEX "application_aliases_application" ON "application_aliases" USING btree ("application_id");--> statement-breakpoint
CREATE UNIQUE INDEX "applications_slug" ON "applications" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "idempotency_keys_created" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "mail_attempts_mail" ON "mail_attempts" USING btree ("mail_id");--> statement-breakpoint
CREATE INDEX "mails_request" ON "mails" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "mails_recipient" ON "mails" USING btree ("application_id","recipient_key","created_at");--> statement-breakpoint
CREATE INDEX "mails_due" ON "mails" USING btree ("next_try_at") WHERE status in ('queued', 'sending');--> statement-breakpoint
CREATE UNIQUE INDEX "reset_requests_token" ON "reset_requests" USING btree ("token_digest") WHERE token_digest is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "reset_requests_one_live" ON "reset_requests" USING btree ("application_id","recipient_key") WHERE status in ('sending', 'sent', 'unknown');--> statement-breakpoint
CREATE INDEX "reset_requests_recipient" ON "reset_requests" USING btree ("application_id","recipient_key","minted_at");--> statement-breakpoint
CREATE INDEX "reset_requests_login" ON "reset_requests" USING btree ("application_id","login_key","id");--> statement-breakpoint
CREATE INDEX "reset_requests_list" ON "reset_requests" USING btree ("application_id","id");--> statement-breakpoint
CREATE INDEX "reset_requests_accepted" ON "reset_requests" USING btree ("enqueued_at") WHERE status = 'accepted';--> statement-breakpoint
CREATE INDEX "reset_requests_expiring" ON "reset_requests" USING btree ("expires_at") WHERE status in ('sending', 'sent', 'unknown');--> statement-breakpoint
CREATE INDEX "reset_requests_ended" ON "reset_requests" USING btree ("ended_at") WHERE ended_at is not null;