CREATE TABLE "suppressions" (
	"id" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL,
	"address_key" text NOT NULL,
	"reason" text NOT NULL,
	"response" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	CONSTRAINT "suppressions_reason" CHECK ("suppressions"."reason" in ('unknown_recipient', 'operator'))
);
--> statement-breakpoint
ALTER TABLE "suppressions" ADD CONSTRAINT "suppressions_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "suppressions_address" ON "suppressions" USING btree ("application_id","address_key");--> statement-breakpoint
CREATE INDEX "suppressions_list" ON "suppressions" USING btree ("application_id","id");--> statement-breakpoint
CREATE INDEX "suppressions_expires" ON "suppressions" USING btree ("expires_at") WHERE expires_at is not null;