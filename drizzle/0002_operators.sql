CREATE TABLE "figures" (
	"grain" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"subject" text NOT NULL,
	"name" text NOT NULL,
	"value" bigint NOT NULL,
	CONSTRAINT "figures_grain_subject_at_name_pk" PRIMARY KEY("grain","subject","at","name")
);
--> statement-breakpoint
CREATE TABLE "operator_sessions" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"concurrency" integer NOT NULL,
	"busy" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "figures_at" ON "figures" USING btree ("grain","at");--> statement-breakpoint
CREATE INDEX "operator_sessions_seen" ON "operator_sessions" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "workers_seen" ON "workers" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "reset_requests_trouble" ON "reset_requests" USING btree ("status","id") WHERE status in ('failed', 'unknown', 'cancelled');