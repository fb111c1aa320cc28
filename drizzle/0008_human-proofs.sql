CREATE TABLE "human_proofs" (
	"application_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"taken_for" "bytea",
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "human_proofs_application_id_digest_pk" PRIMARY KEY("application_id","digest")
);
--> statement-breakpoint
ALTER TABLE "applications" ADD COLUMN "human_proof" jsonb;--> statement-breakpoint
ALTER TABLE "human_proofs" ADD CONSTRAINT "human_proofs_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "human_proofs_expires" ON "human_proofs" USING btree ("expires_at");