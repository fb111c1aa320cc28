ALTER TABLE "reset_requests" DROP CONSTRAINT "reset_requests_account_id_accounts_id_fk";
