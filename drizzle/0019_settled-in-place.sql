ALTER TABLE "reset_requests" ADD COLUMN "trouble" text;--> statement-breakpoint
UPDATE "reset_requests" SET "trouble" = "status" WHERE status in ('failed', 'unknown', 'cancelled');--> statement-breakpoint
CREATE FUNCTION "reset_requests_set_trouble"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE "public"."reset_requests" SET "trouble" = CASE WHEN "status" in ('failed', 'unknown', 'cancelled') THEN "status" END WHERE "id" = NEW."id"; RETURN NULL; END $$;--> statement-breakpoint
CREATE TRIGGER "reset_requests_trouble" AFTER INSERT OR UPDATE OF "status" ON "reset_requests" FOR EACH ROW WHEN (NEW."trouble" is distinct from CASE WHEN NEW."status" in ('failed', 'unknown', 'cancelled') THEN NEW."status" END) EXECUTE FUNCTION "reset_requests_set_trouble"();--> statement-breakpoint
DROP INDEX "reset_requests_one_live";--> statement-breakpoint
DROP INDEX "reset_requests_accepted";--> statement-breakpoint
DROP INDEX "reset_requests_expiring";--> statement-breakpoint
DROP INDEX "reset_requests_trouble";--> statement-breakpoint
CREATE INDEX "reset_requests_recipient" ON "reset_requests" USING btree ("application_id","recipient_key") WHERE recipient_key is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "reset_requests_one_live" ON "reset_requests" USING btree ("application_id","recipient_key") WHERE minted_at is not null and ended_at is null;--> statement-breakpoint
CREATE INDEX "reset_requests_accepted" ON "reset_requests" USING btree ("enqueued_at") WHERE minted_at is null and ended_at is null;--> statement-breakpoint
CREATE INDEX "reset_requests_expiring" ON "reset_requests" USING btree ("expires_at") WHERE token_digest is not null and ended_at is null;--> statement-breakpoint
CREATE INDEX "reset_requests_trouble" ON "reset_requests" USING btree ("trouble","id") WHERE trouble is not null;--> statement-breakpoint
ALTER TABLE "reset_requests" SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE "mails" SET (fillfactor = 60);
