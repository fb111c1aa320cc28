ALTER TABLE "mails" DROP CONSTRAINT "mails_application_id_applications_id_fk";
--> statement-breakpoint
DROP INDEX "reset_requests_recipient";