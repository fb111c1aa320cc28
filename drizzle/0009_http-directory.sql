ALTER TABLE "applications" ADD COLUMN "directory_url" text;--> statement-breakpoint
ALTER TABLE "webhook_endpoints" ADD COLUMN "kind" text DEFAULT 'events' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "webhook_endpoints_directory" ON "webhook_endpoints" USING btree ("application_id") WHERE kind = 'directory';--> statement-breakpoint
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_kind" CHECK ("webhook_endpoints"."kind" in ('events', 'directory'));