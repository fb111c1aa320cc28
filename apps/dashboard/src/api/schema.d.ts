// Made by `npm run schema -w @sparekey/dashboard`. Do not edit.
export interface paths {
    "/v1/reset-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List requests, newest first
         * @description A search looks at 20,000 requests a call at most. So a page may hold fewer than `limit`, or none, and have a `nextCursor` all the same: the search goes on with it, further back. It is over where `nextCursor` is null. A key with scopes needs `requests:read`.
         */
        get: operations["listResetRequests"];
        put?: never;
        /**
         * Ask for a reset
         * @description The answer is the same whether or not there is such an account; the mail follows. A key with scopes needs `requests:write`.
         */
        post: operations["createResetRequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reset-requests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a request and what became of its mails
         * @description A key with scopes needs `requests:read`.
         */
        get: operations["getResetRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reset-requests/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a request
         * @description A key with scopes needs `requests:write` and `requests:read`.
         */
        post: operations["cancelResetRequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reset-requests/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the mail again; the old token is void
         * @description A key with scopes needs `requests:write` and `requests:read`.
         */
        post: operations["resendResetRequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List applications, newest first */
        get: operations["listApplications"];
        put?: never;
        /** Make an application and its first two keys */
        post: operations["createApplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an application */
        get: operations["getApplication"];
        put?: never;
        post?: never;
        /** Delete an application with all that belongs to it */
        delete: operations["deleteApplication"];
        options?: never;
        head?: never;
        /**
         * Change an application
         * @description `brand` and `limits` are merged with what is there; null takes an optional value away.
         */
        patch: operations["updateApplication"];
        trace?: never;
    };
    "/v1/applications/{id}/directory-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new secret for the `http` directory
         * @description The old one signs beside it for 24 hours. Needs a `directoryUrl`.
         */
        post: operations["rotateDirectorySecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications/{id}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List keys, newest first, revoked ones too */
        get: operations["listKeys"];
        put?: never;
        /** Make a key */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications/{id}/keys/{keyId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a key; it is refused everywhere within a second */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List endpoints, newest first
         * @description A key with scopes needs `admin:*`.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Add an endpoint
         * @description Every event unless `events` says which. Each delivery is tried for three days. A key with scopes needs `admin:*`.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an endpoint with its deliveries
         * @description A key with scopes needs `admin:*`.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change an endpoint, switch it off or on again
         * @description A key with scopes needs `admin:*`.
         */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new signing secret
         * @description The old one signs beside it for 24 hours. A key with scopes needs `admin:*`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was delivered, newest first
         * @description A key with scopes needs `admin:*`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries/{deliveryId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver once more
         * @description A key with scopes needs `admin:*`.
         */
        post: operations["replayWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See whether there is a session */
        get: operations["getSession"];
        put?: never;
        /** Sign in with the admin key */
        post: operations["signIn"];
        /** Sign out */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Queues: how many jobs are in each state, and how long the oldest has waited */
        get: operations["listQueues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues/{name}/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs of a queue in one state
         * @description What waits comes in the order in which it will run, the rest newest first. Pages may shift meanwhile.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues/{name}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a failed job, or all of them, run again */
        post: operations["retryJobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep workers from taking further jobs
         * @description Jobs in hand are finished; what comes in waits, and is too late after `deliverWithinMinutes`.
         */
        post: operations["pauseQueue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let workers take jobs again */
        post: operations["resumeQueue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened in a window that ends now
         * @description Of one application, of one dialect, of an application in a dialect, or of all.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Workers that are alive, or went away without a word in the last 5 minutes */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What operators and keys changed, newest first
         * @description Entries are only ever added.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications/{id}/mail-previews/{template}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A mail with made-up values */
        get: operations["previewMail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications/{id}/test-mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a reset mail by the real path
         * @description Its request is listed like any other; its link and code open nothing.
         */
        post: operations["sendTestMail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        NewResetRequest: {
            /**
             * @description What the person signs in with, as typed
             * @example anna@example.com
             */
            login: string;
            /**
             * @description BCP 47
             * @example de
             */
            locale?: string;
            /**
             * @description Where to go afterwards; its origin must be among `redirectOrigins`
             * @example https://app.example.com/sign-in
             */
            redirectUrl?: string;
            /**
             * @description The caller's own notes; nobody reads them here
             * @example {
             *       "ticket": "A-17"
             *     }
             */
            metadata?: {
                [key: string]: string | number | boolean | null;
            };
            /** @description Secret keys only: the person's own address and browser, for limits and the notice */
            client?: {
                /** @example 203.0.113.7 */
                ip?: string;
                userAgent?: string;
            };
            /** @description Secret keys only, and required where the directory is `caller` */
            recipient?: {
                /** @description The person's id in the caller's directory */
                id: string;
                /**
                 * Format: email
                 * @example anna@example.com
                 */
                email: string;
                name?: string;
                /**
                 * @description BCP 47
                 * @example de
                 */
                locale?: string;
            };
            /** @description Where the application's `humanProof` asks for it and no secret key calls: ALTCHA's payload, or the vendor's token. Works once */
            humanProof?: string;
        };
        AcceptedResetRequest: {
            /** @example req_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @enum {string} */
            status: "accepted";
        };
        ResetRequestSummary: {
            /** @example req_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @example app_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            applicationId: string;
            login: string;
            /** @enum {string} */
            status: "accepted" | "sending" | "sent" | "used" | "expired" | "replaced" | "unknown" | "failed" | "ignored" | "cancelled";
            reason?: string;
            /**
             * @description The API that it was posted by
             * @example sparekey
             */
            dialect: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            expiresAt?: string;
        };
        ResetRequest: {
            /** @example req_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @example app_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            applicationId: string;
            login: string;
            /** @enum {string} */
            status: "accepted" | "sending" | "sent" | "used" | "expired" | "replaced" | "unknown" | "failed" | "ignored" | "cancelled";
            reason?: string;
            /**
             * @description The API that it was posted by
             * @example sparekey
             */
            dialect: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            expiresAt?: string;
            timeline: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-03-01T09:30:00.000Z
                 */
                at: string;
                type: string;
                detail?: string;
            }[];
            mails: {
                /** @example mail_01k9q3x5t8r2m4n6p7q8s9v0w1 */
                id: string;
                /** @enum {string} */
                kind: "reset" | "notice";
                /** @enum {string} */
                status: "queued" | "sending" | "sent" | "unknown" | "failed" | "cancelled";
                attempts: {
                    /**
                     * Format: date-time
                     * @description ISO 8601, UTC
                     * @example 2026-03-01T09:30:00.000Z
                     */
                    at: string;
                    /** @example smtp.example.com:587 */
                    transport: string;
                    code?: number;
                    /** @description The mail server's own words */
                    response?: string;
                }[];
            }[];
        };
        NewApplication: {
            /** @example Acme Notes */
            name: string;
            /** @example acme */
            slug?: string;
            brand?: {
                /** @example #2563eb */
                color?: string;
                /** Format: uri */
                logoUrl?: string | null;
                /**
                 * Format: email
                 * @example anna@example.com
                 */
                supportEmail?: string | null;
                /** @description Postal, for the foot of mails */
                address?: string | null;
            };
            /** @example Acme <no-reply@acme.example> */
            from?: string | null;
            replyTo?: string | null;
            /**
             * @description BCP 47
             * @example de
             */
            locale?: string;
            redirectOrigins?: string[];
            /**
             * Format: uri
             * @description The application's own page, `{token}` in its fragment
             * @example https://app.example.com/reset#{token}
             */
            resetUrl?: string | null;
            /** @description Names that dialects find the application by */
            aliases?: string[];
            dialects?: ("akinon" | "payabli" | "nile" | "platform" | "autoshares")[];
            /** @enum {string} */
            directory?: "builtin" | "caller" | "http";
            /**
             * Format: uri
             * @description Where the application's own server is asked, in an `http` directory; https
             * @example https://app.example.com/sparekey
             */
            directoryUrl?: string | null;
            linkMinutes?: number;
            codeMinutes?: number;
            /** @description 8 where it is not set, or 6 in autoshares */
            codeDigits?: number | null;
            deliverWithinMinutes?: number;
            minPasswordLength?: number;
            limits?: {
                /** @description Mails to one person in an hour; silent */
                perRecipientHour?: number;
                perRecipientDay?: number;
                /** @description Calls from one address in a minute; 429 */
                perAddressMinute?: number;
                /** @description Calls with one key in a minute; 429 */
                perKeyMinute?: number;
                /** @description Wrong codes without a login in an hour, of all callers; 429 */
                wrongCodesHour?: number;
                wrongCodesDay?: number;
                /** @description Wrong codes for a request or a login in an hour, of all callers; beyond, right ones are refused too */
                wrongExchangesHour?: number;
                wrongExchangesDay?: number;
                /** @description Requests in a minute up to which no `abuse.suspected` is told; none is refused */
                suspectRequestsMinute?: number;
            };
            nile?: {
                /** @description Answer an unknown login as the vendor does, with 200: tells everyone who has an account */
                revealUnknown?: boolean;
            };
            /** @description What a request with a publishable key, or from the hosted page, must prove */
            humanProof?: {
                /** @enum {string} */
                kind: "altcha";
            } | {
                /** @enum {string} */
                kind: "turnstile" | "hcaptcha";
                siteKey: string;
                /** @description Never shown. Where it is left out, the one that is kept stays */
                secret?: string;
            } | null;
        };
        CreatedApplication: {
            /** @example app_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            slug: string;
            name: string;
            brand: {
                /** @example #2563eb */
                color: string;
                logoUrl?: string;
                supportEmail?: string;
                address?: string;
            };
            from?: string;
            replyTo?: string;
            locale: string;
            redirectOrigins: string[];
            resetUrl?: string;
            aliases: string[];
            dialects: ("akinon" | "payabli" | "nile" | "platform" | "autoshares")[];
            /** @enum {string} */
            directory: "builtin" | "caller" | "http";
            directoryUrl?: string;
            linkMinutes: number;
            codeMinutes: number;
            codeDigits?: number;
            deliverWithinMinutes: number;
            minPasswordLength: number;
            limits: {
                perRecipientHour: number;
                perRecipientDay: number;
                perAddressMinute: number;
                perKeyMinute: number;
                wrongCodesHour: number;
                wrongCodesDay: number;
                wrongExchangesHour: number;
                wrongExchangesDay: number;
                suspectRequestsMinute: number;
            };
            nile: {
                /** @description Answer an unknown login as the vendor does, with 200: tells everyone who has an account */
                revealUnknown?: boolean;
            };
            humanProof?: {
                /** @enum {string} */
                kind: "altcha" | "turnstile" | "hcaptcha";
                siteKey?: string;
            };
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * @description Shown once
             * @example {
             *       "secret": "sk_…",
             *       "publishable": "pk_…"
             *     }
             */
            keys: {
                secret: string;
                publishable: string;
            };
            /**
             * @description Signs what the `directoryUrl` is asked. Shown once
             * @example whsec_…
             */
            directorySecret?: string;
        };
        Application: {
            /** @example app_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            slug: string;
            name: string;
            brand: {
                /** @example #2563eb */
                color: string;
                logoUrl?: string;
                supportEmail?: string;
                address?: string;
            };
            from?: string;
            replyTo?: string;
            locale: string;
            redirectOrigins: string[];
            resetUrl?: string;
            aliases: string[];
            dialects: ("akinon" | "payabli" | "nile" | "platform" | "autoshares")[];
            /** @enum {string} */
            directory: "builtin" | "caller" | "http";
            directoryUrl?: string;
            linkMinutes: number;
            codeMinutes: number;
            codeDigits?: number;
            deliverWithinMinutes: number;
            minPasswordLength: number;
            limits: {
                perRecipientHour: number;
                perRecipientDay: number;
                perAddressMinute: number;
                perKeyMinute: number;
                wrongCodesHour: number;
                wrongCodesDay: number;
                wrongExchangesHour: number;
                wrongExchangesDay: number;
                suspectRequestsMinute: number;
            };
            nile: {
                /** @description Answer an unknown login as the vendor does, with 200: tells everyone who has an account */
                revealUnknown?: boolean;
            };
            humanProof?: {
                /** @enum {string} */
                kind: "altcha" | "turnstile" | "hcaptcha";
                siteKey?: string;
            };
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
        };
        ApplicationPatch: {
            /** @example Acme Notes */
            name?: string;
            /** @example acme */
            slug?: string;
            brand?: {
                /** @example #2563eb */
                color?: string;
                /** Format: uri */
                logoUrl?: string | null;
                /**
                 * Format: email
                 * @example anna@example.com
                 */
                supportEmail?: string | null;
                /** @description Postal, for the foot of mails */
                address?: string | null;
            };
            /** @example Acme <no-reply@acme.example> */
            from?: string | null;
            replyTo?: string | null;
            /**
             * @description BCP 47
             * @example de
             */
            locale?: string;
            redirectOrigins?: string[];
            /**
             * Format: uri
             * @description The application's own page, `{token}` in its fragment
             * @example https://app.example.com/reset#{token}
             */
            resetUrl?: string | null;
            /** @description Names that dialects find the application by */
            aliases?: string[];
            dialects?: ("akinon" | "payabli" | "nile" | "platform" | "autoshares")[];
            /** @enum {string} */
            directory?: "builtin" | "caller" | "http";
            /**
             * Format: uri
             * @description Where the application's own server is asked, in an `http` directory; https
             * @example https://app.example.com/sparekey
             */
            directoryUrl?: string | null;
            linkMinutes?: number;
            codeMinutes?: number;
            /** @description 8 where it is not set, or 6 in autoshares */
            codeDigits?: number | null;
            deliverWithinMinutes?: number;
            minPasswordLength?: number;
            limits?: {
                /** @description Mails to one person in an hour; silent */
                perRecipientHour?: number;
                perRecipientDay?: number;
                /** @description Calls from one address in a minute; 429 */
                perAddressMinute?: number;
                /** @description Calls with one key in a minute; 429 */
                perKeyMinute?: number;
                /** @description Wrong codes without a login in an hour, of all callers; 429 */
                wrongCodesHour?: number;
                wrongCodesDay?: number;
                /** @description Wrong codes for a request or a login in an hour, of all callers; beyond, right ones are refused too */
                wrongExchangesHour?: number;
                wrongExchangesDay?: number;
                /** @description Requests in a minute up to which no `abuse.suspected` is told; none is refused */
                suspectRequestsMinute?: number;
            };
            nile?: {
                /** @description Answer an unknown login as the vendor does, with 200: tells everyone who has an account */
                revealUnknown?: boolean;
            };
            /** @description What a request with a publishable key, or from the hosted page, must prove */
            humanProof?: {
                /** @enum {string} */
                kind: "altcha";
            } | {
                /** @enum {string} */
                kind: "turnstile" | "hcaptcha";
                siteKey: string;
                /** @description Never shown. Where it is left out, the one that is kept stays */
                secret?: string;
            } | null;
        };
        NewKey: {
            /** @enum {string} */
            kind: "secret" | "publishable";
            name?: string;
            /** @description Narrows a secret key; without them it may do everything of its application */
            scopes?: ("requests:write" | "requests:read" | "tokens:redeem" | "accounts:*" | "admin:*")[];
            /** Format: date-time */
            expiresAt?: string;
        };
        CreatedKey: {
            /** @example key_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @enum {string} */
            kind: "secret" | "publishable";
            name?: string;
            /** @description Its last four characters */
            hint: string;
            scopes?: ("requests:write" | "requests:read" | "tokens:redeem" | "accounts:*" | "admin:*")[];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            expiresAt?: string;
            /**
             * Format: date-time
             * @description To the minute
             * @example 2026-03-01T09:30:00.000Z
             */
            lastUsedAt?: string;
            /** @description Shown once */
            key: string;
        };
        Key: {
            /** @example key_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @enum {string} */
            kind: "secret" | "publishable";
            name?: string;
            /** @description Its last four characters */
            hint: string;
            scopes?: ("requests:write" | "requests:read" | "tokens:redeem" | "accounts:*" | "admin:*")[];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            expiresAt?: string;
            /**
             * Format: date-time
             * @description To the minute
             * @example 2026-03-01T09:30:00.000Z
             */
            lastUsedAt?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            revokedAt?: string;
        };
        NewWebhookEndpoint: {
            /**
             * Format: uri
             * @example https://app.example.com/hooks/sparekey
             */
            url: string;
            events?: ("reset.accepted" | "reset.sent" | "reset.failed" | "reset.used" | "account.password_changed" | "abuse.suspected")[];
        };
        CreatedWebhookEndpoint: {
            /** @example hook_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @example app_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            applicationId: string;
            url: string;
            events: ("reset.accepted" | "reset.sent" | "reset.failed" | "reset.used" | "account.password_changed" | "abuse.suspected")[];
            enabled: boolean;
            /** @description Where it was switched off because it failed */
            disabledReason?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            failingSince?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * @description Signs by Standard Webhooks. Shown once
             * @example whsec_…
             */
            secret: string;
        };
        WebhookEndpoint: {
            /** @example hook_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            id: string;
            /** @example app_01k9q3x5t8r2m4n6p7q8s9v0w1 */
            applicationId: string;
            url: string;
            events: ("reset.accepted" | "reset.sent" | "reset.failed" | "reset.used" | "account.password_changed" | "abuse.suspected")[];
            enabled: boolean;
            /** @description Where it was switched off because it failed */
            disabledReason?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            failingSince?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
        };
        WebhookEndpointPatch: {
            /**
             * Format: uri
             * @example https://app.example.com/hooks/sparekey
             */
            url?: string;
            events?: ("reset.accepted" | "reset.sent" | "reset.failed" | "reset.used" | "account.password_changed" | "abuse.suspected")[];
            enabled?: boolean;
        };
        WebhookDelivery: {
            /**
             * @description The `webhook-id` of every try
             * @example msg_01k9q3x5t8r2m4n6p7q8s9v0w1
             */
            id: string;
            /** @enum {string} */
            event: "reset.accepted" | "reset.sent" | "reset.failed" | "reset.used" | "account.password_changed" | "abuse.suspected";
            payload: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            status: "queued" | "delivered" | "failed";
            tries: number;
            lastStatus?: number;
            lastError?: string;
            /** @description The last ten tries, oldest first, those before a replay among them */
            attempts: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-03-01T09:30:00.000Z
                 */
                at: string;
                /** @description Of the answer, where one came */
                status?: number;
                /**
                 * @description Why it was no delivery
                 * @example timeout
                 */
                error?: string;
                /** @description Where something was sent */
                durationMs?: number;
            }[];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            nextTryAt?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            endedAt?: string;
        };
        Session: {
            /**
             * Format: date-time
             * @description Unless something is done before
             * @example 2026-03-01T09:30:00.000Z
             */
            expiresAt: string;
        };
        Queue: {
            /** @enum {string} */
            name: "mail" | "webhook" | "housekeeping";
            paused: boolean;
            counts: {
                waiting: number;
                active: number;
                delayed: number;
                failed: number;
                completed: number;
            };
            /** @description How long the oldest mail has waited to go out, or the oldest webhook for its first try; null: none does */
            oldestWaitingSeconds: number | null;
        };
        Job: {
            id: string;
            /** @enum {string} */
            state: "waiting" | "active" | "delayed" | "failed" | "completed";
            /** @description Ids only */
            data: {
                [key: string]: string;
            };
            attempts: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When a delayed job is due
             * @example 2026-03-01T09:30:00.000Z
             */
            runAt?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            startedAt?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            finishedAt?: string;
            /** @description Class and code of the last error */
            error?: string;
        };
        Stats: {
            /** @enum {string} */
            window: "5m" | "1h" | "24h" | "7d";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            to: string;
            totals: {
                accepted: number;
                sent: number;
                failed: number;
                ignored: number;
                used: number;
            };
            ignoredBy: {
                no_account: number;
                suppressed: number;
                recipient_limit: number;
                duplicate: number;
            };
            /** @description Why requests failed. `unsendable`: no mail could be made, or the key of its token is gone */
            failedBy: {
                refused: number;
                out_of_tries: number;
                out_of_time: number;
                unsendable: number;
            };
            /** @description A second, over the window */
            rates: {
                accepted: number;
                sent: number;
            };
            /** @description Accepted or being sent now */
            waiting: {
                requests: number;
                oldestSeconds: number | null;
            };
            /** @description From the POST to the mail server’s 250, seconds */
            latency: {
                count: number;
                p50: number | null;
                p95: number | null;
                p99: number | null;
            };
            /** @description Attempts by mail server and outcome */
            servers: {
                /** @example smtp.example.com:587 */
                server: string;
                accepted: number;
                refused: number;
                later: number;
                throttled: number;
                lost_before_data: number;
                lost_after_data: number;
            }[];
            /** @description Those with the most failures, then those with the most requests; 20 at most */
            applications: {
                id: string;
                slug: string;
                name: string;
                accepted: number;
                sent: number;
                failed: number;
                ignored: number;
                used: number;
            }[];
            /** @description How many had requests or failures, at least */
            applicationCount: number;
            dialects: {
                name: string;
                accepted: number;
                sent: number;
                failed: number;
                ignored: number;
                used: number;
            }[];
            /** @description By minute for 5m and 1h, by hour for 24h and 7d; empty moments are there as zeros */
            series: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-03-01T09:30:00.000Z
                 */
                at: string;
                accepted: number;
                sent: number;
                failed: number;
                used: number;
            }[];
        };
        Worker: {
            id: string;
            host: string;
            pid: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            startedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            seenAt: string;
            /** @description Heard of in the last 20 seconds */
            alive: boolean;
            concurrency: number;
            /** @description Mails in its hands */
            busy: number;
            /** @description Its mail servers, in the order in which they are tried */
            servers: string[];
        };
        AuditEntry: {
            id: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-03-01T09:30:00.000Z
             */
            at: string;
            /** @description `operator`, `cli` for the command line, or the id of a key */
            actor: string;
            applicationId?: string;
            /** @example application.update */
            action: string;
            target?: string;
            /** @description Names of what was changed, never values */
            fields: string[];
            ip?: string;
            requestId?: string;
        };
        MailPreview: {
            subject: string;
            html: string;
            text: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listResetRequests: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
                /** @description What the person signs in with, as typed */
                login?: string;
                status?: "accepted" | "sending" | "sent" | "used" | "expired" | "replaced" | "unknown" | "failed" | "ignored" | "cancelled";
                applicationId?: string;
                dialect?: "sparekey" | "akinon" | "payabli" | "nile" | "platform" | "autoshares";
                /** @description Asked for at or after */
                from?: string;
                /** @description Asked for before */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of requests */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ResetRequestSummary"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createResetRequest: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours: the same answer, and no second mail. Those of secret and of publishable keys are apart */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewResetRequest"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    /** @description Where its state can be read, with a secret key */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedResetRequest"];
                };
            };
        };
    };
    getResetRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetRequest"];
                };
            };
        };
    };
    cancelResetRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetRequest"];
                };
            };
        };
    };
    resendResetRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetRequest"];
                };
            };
        };
    };
    listApplications: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of applications */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Application"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createApplication: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewApplication"];
            };
        };
        responses: {
            /** @description The application; its keys are shown this once */
            201: {
                headers: {
                    /** @description Where it can be read */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApplication"];
                };
            };
        };
    };
    getApplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The application */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Application"];
                };
            };
        };
    };
    deleteApplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateApplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicationPatch"];
            };
        };
        responses: {
            /** @description The application */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Application"];
                };
            };
        };
    };
    rotateDirectorySecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Shown this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Signs by Standard Webhooks what the `directoryUrl` is asked. Shown once
                         * @example whsec_…
                         */
                        secret: string;
                    };
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Key"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description The key; its text is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                keyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
                applicationId?: string;
                /** @description Only those that were switched off because they failed */
                failed?: "true";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of endpoints */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["WebhookEndpoint"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: {
                /** @description Needed with the admin key or a session */
                applicationId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhookEndpoint"];
            };
        };
        responses: {
            /** @description The endpoint; its secret is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhookEndpoint"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: {
                /** @description Needed with the admin key or a session */
                applicationId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateWebhook: {
        parameters: {
            query?: {
                /** @description Needed with the admin key or a session */
                applicationId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookEndpointPatch"];
            };
        };
        responses: {
            /** @description The endpoint */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: {
                /** @description Needed with the admin key or a session */
                applicationId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Shown this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Signs by Standard Webhooks. Shown once
                         * @example whsec_…
                         */
                        secret: string;
                    };
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
                /** @description Needed with the admin key or a session */
                applicationId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["WebhookDelivery"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    replayWebhookDelivery: {
        parameters: {
            query?: {
                /** @description Needed with the admin key or a session */
                applicationId?: string;
            };
            header?: never;
            path: {
                id: string;
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    key: string;
                };
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    /** @description The session */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listQueues: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every queue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Queue"][];
                    };
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
                state: "waiting" | "active" | "delayed" | "failed" | "completed";
            };
            header?: never;
            path: {
                name: "mail" | "webhook" | "housekeeping";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Job"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    retryJobs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: "mail" | "webhook" | "housekeeping";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    jobId?: string;
                };
            };
        };
        responses: {
            /** @description How many */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        retried: number;
                    };
                };
            };
        };
    };
    pauseQueue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: "mail" | "webhook" | "housekeeping";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The queue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
        };
    };
    resumeQueue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: "mail" | "webhook" | "housekeeping";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The queue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
        };
    };
    getStats: {
        parameters: {
            query?: {
                window?: "5m" | "1h" | "24h" | "7d";
                applicationId?: string;
                dialect?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Worker"][];
                    };
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Items on a page */
                limit?: number;
                applicationId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    previewMail: {
        parameters: {
            query?: {
                locale?: "en" | "de";
            };
            header?: never;
            path: {
                id: string;
                template: "reset" | "code" | "notice";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its parts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailPreview"];
                };
            };
        };
    };
    sendTestMail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: email
                     * @example anna@example.com
                     */
                    to: string;
                    /** @enum {string} */
                    locale?: "en" | "de";
                };
            };
        };
        responses: {
            /** @description The request that carries it */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedResetRequest"];
                };
            };
        };
    };
}
