const Choice = (props: { legend: string; name: string; options: [value: string, label: string][] }) => (
  <fieldset class="choice">
    <legend class="unseen">{props.legend}</legend>
    {props.options.map(([value, label], index) => (
      <label>
        <input type="radio" name={props.name} value={value} checked={index === 0} />
        <span>{label}</span>
      </label>
    ))}
  </fieldset>
)

const Tab = (props: { name: string; label: string }) => (
  <button
    type="button"
    role="tab"
    id={`tab-${props.name}`}
    aria-controls={`panel-${props.name}`}
    data-tab={props.name}
  >
    {props.label}
  </button>
)

const Envelope = () => (
  <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
    <rect x="6" y="11" width="36" height="26" rx="4" />
    <path d="M7.5 14 24 27l16.5-13" />
  </svg>
)

/** The page's frame; `assets/mailbox.js` fills it. `base` is the path that the mailbox is mounted under. */
export const MailboxPage = (props: { base: string; smtpUrl: string }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Mailbox</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href={`${props.base}/assets/mailbox.css`} />
      <script type="module" src={`${props.base}/assets/mailbox.js`} />
    </head>
    <body data-base={props.base} data-view="list">
      <header class="top">
        <h1>Mailbox</h1>
        <p class="live" id="live" role="status" data-state="wait">
          <span class="dot" aria-hidden="true" />
          <span id="live-words">Connecting…</span>
        </p>
        <input
          type="search"
          id="filter"
          placeholder="Filter by address or subject"
          aria-label="Filter mails by address or subject"
        />
        <button type="button" id="clear" class="quiet" disabled>
          Clear
        </button>
      </header>
      <p class="lost" id="lost" role="alert" hidden>
        The live line is lost. Trying again…
      </p>
      <main>
        <nav class="list" aria-label="Mails">
          <p class="none" id="no-match" hidden>
            No mail matches.
          </p>
          <ol id="mails" />
        </nav>
        <section class="empty" id="empty" hidden>
          <Envelope />
          <h2>No mail yet…</h2>
          <p>What is sent to this address shows up here at once, and goes nowhere else.</p>
          <p>
            <code>{props.smtpUrl}</code>
          </p>
        </section>
        <p class="unchosen" id="unchosen" hidden>
          Choose a mail to read it.
        </p>
        <article id="mail" aria-labelledby="subject" tabindex={-1} hidden>
          <a class="back" href="#all">
            <span aria-hidden="true">‹</span> All mails
          </a>
          <h2 id="subject">(no subject)</h2>
          <dl class="facts">
            <dt>From</dt>
            <dd id="from" />
            <dt>To</dt>
            <dd id="to" />
            <dt>At</dt>
            <dd>
              <time id="at" />
            </dd>
          </dl>
          <div class="bar">
            <div role="tablist" aria-label="Parts of the mail">
              <Tab name="html" label="HTML" />
              <Tab name="text" label="Text" />
              <Tab name="source" label="Source" />
            </div>
            <div class="looks" id="looks">
              <Choice
                legend="Width"
                name="width"
                options={[
                  ['desktop', 'Desktop'],
                  ['phone', 'Phone'],
                ]}
              />
              <Choice
                legend="Colours of the mail"
                name="scheme"
                options={[
                  ['light', 'Light'],
                  ['dark', 'Dark'],
                ]}
              />
            </div>
          </div>
          <div
            role="tabpanel"
            id="panel-html"
            aria-labelledby="tab-html"
            class="stage"
            data-width="desktop"
            hidden
          >
            <iframe
              id="frame"
              title="The mail as HTML"
              sandbox="allow-popups allow-popups-to-escape-sandbox"
              referrerpolicy="no-referrer"
              data-scheme="light"
            />
          </div>
          {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: a panel without controls is scrolled by the keyboard */}
          <div role="tabpanel" id="panel-text" aria-labelledby="tab-text" tabindex={0} hidden>
            <pre id="text" />
          </div>
          <div role="tabpanel" id="panel-source" aria-labelledby="tab-source" tabindex={0} hidden>
            <pre id="source" class="code" />
          </div>
          {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above */}
        </article>
        <noscript>
          <p class="unchosen">
            This page needs script. The mails are at{' '}
            <a href={`${props.base}/messages`}>{props.base}/messages</a>.
          </p>
        </noscript>
      </main>
      <template id="row">
        <li>
          <a href="#mail">
            <span class="unseen" />
            <span class="who" />
            <time />
            <span class="what" />
          </a>
        </li>
      </template>
    </body>
  </html>
)
