CREATE TABLE "spikes" (
	"application_id" text NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	CONSTRAINT "spikes_application_id_hour_pk" PRIMARY KEY("application_id","hour")
);
--> statement-breakpoint
ALTER TABLE "spikes" ADD CONSTRAINT "spikes_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
UPDATE "applications" SET "limits" = "limits" || '{"suspectRequestsMinute": 100}' WHERE NOT "limits" ? 'suspectRequestsMinute';
