CREATE TABLE "paces" (
	"server" text PRIMARY KEY NOT NULL,
	"next_at" timestamp with time zone NOT NULL
);
