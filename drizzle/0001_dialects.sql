CREATE TABLE "code_guesses" (
	"application_id" text NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"wrong" integer NOT NULL,
	CONSTRAINT "code_guesses_application_id_hour_pk" PRIMARY KEY("application_id","hour")
);
--> statement-breakpoint
ALTER TABLE "applications" ALTER COLUMN "code_digits" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "applications" ADD COLUMN "nile" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD COLUMN "reset_url" text;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD COLUMN "carries" text DEFAULT 'link' NOT NULL;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD COLUMN "code_digits" integer;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD COLUMN "code_lookup" "bytea";--> statement-breakpoint
ALTER TABLE "code_guesses" ADD CONSTRAINT "code_guesses_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "reset_requests_code" ON "reset_requests" USING btree ("application_id","code_lookup") WHERE code_lookup is not null;--> statement-breakpoint
ALTER TABLE "reset_requests" ADD CONSTRAINT "reset_requests_carries" CHECK ("reset_requests"."carries" in ('link', 'code'));--> statement-breakpoint
UPDATE "reset_requests" r SET "code_digits" = a."code_digits" FROM "applications" a WHERE a."id" = r."application_id" AND r."code_digest" IS NOT NULL;--> statement-breakpoint
UPDATE "applications" SET "code_digits" = NULL WHERE "code_digits" = 8;--> statement-breakpoint
UPDATE "applications" SET "limits" = '{"wrongCodesHour": 30, "wrongCodesDay": 200}'::jsonb || "limits";
