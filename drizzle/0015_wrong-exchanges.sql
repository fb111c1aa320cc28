ALTER TABLE "code_guesses" ALTER COLUMN "wrong" SET DEFAULT 0;--> statement-breakpoint
ALTER TABLE "code_guesses" ADD COLUMN "told" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "code_guesses" ADD COLUMN "wrong_exchanges" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "code_guesses" ADD COLUMN "told_exchanges" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "applications" SET "limits" = '{"wrongExchangesHour": 1000, "wrongExchangesDay": 5000}'::jsonb || "limits";