import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../../api/client.ts'
import { mailLocales } from '../../api/types.ts'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { SelectField } from '../../parts/field.tsx'
import { useFilters } from '../../parts/filters.ts'
import { PageTitle } from '../../parts/page-title.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, waitingFor } from '../../parts/states.tsx'
import { useApplications } from '../applications/queries.ts'
import { MailFrame } from './mail-frame.tsx'
import { TestMail } from './test-mail.tsx'

const templates = [
  { value: 'reset', label: 'Reset' },
  { value: 'code', label: 'Code' },
  { value: 'notice', label: 'Notice' },
] as const
const widths = [
  { value: '600', label: 'Desktop' },
  { value: '390', label: 'Phone' },
] as const
const schemes = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const
const valuesOf = <V extends string>(choices: readonly { value: V }[]) => choices.map(({ value }) => value)

export function MailsPage() {
  const { get, set } = useFilters()
  const applications = useApplications()
  const asked = get('applicationId')
  const application = applications.data?.find(({ id }) => id === asked) ?? applications.data?.[0]
  const id = application?.id ?? ''
  const template = get('template', valuesOf(templates), 'reset')
  const locale = get('locale', valuesOf(mailLocales), 'en')
  const width = get('width', valuesOf(widths), window.innerWidth < 640 ? '390' : '600')
  const scheme = get('scheme', valuesOf(schemes), 'light')
  const preview = useQuery({
    queryKey: ['preview', id, template, locale],
    queryFn: () =>
      answer(
        api.GET('/v1/applications/{id}/mail-previews/{template}', {
          params: { path: { id, template }, query: { locale } },
        }),
      ),
    enabled: id !== '',
  })

  return (
    <>
      <PageTitle title="Mails" about="How they look in each brand and language, with made-up values." />
      {waitingFor(applications, 6)}
      {applications.data?.length === 0 && (
        <div className="rounded-card border border-line bg-card shadow-card">
          <Empty title="No application yet">
            Mails carry an application’s brand.{' '}
            <Link href="/applications/new" className="text-brand-link underline underline-offset-4">
              Make the first one
            </Link>
          </Empty>
        </div>
      )}
      {application && (
        <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="grid min-w-0 gap-4">
            <div className="flex flex-wrap items-end gap-3">
              <SelectField
                label="Application"
                value={id}
                onChange={event => set({ applicationId: event.target.value })}
                choices={(applications.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
                className="w-full sm:w-56"
              />
              <ChoiceRow
                legend="Mail"
                choices={templates}
                value={template}
                onChoose={template => set({ template })}
              />
              <ChoiceRow
                legend="Language"
                choices={mailLocales}
                value={locale}
                onChoose={locale => set({ locale })}
              />
            </div>
            <Panel
              title={preview.data?.subject ?? 'Preview'}
              about={preview.data && 'The subject, and the mail beneath'}
              aside={
                <div className="flex flex-wrap gap-2">
                  <ChoiceRow
                    legend="Width"
                    choices={widths}
                    value={width}
                    onChoose={width => set({ width })}
                  />
                  <ChoiceRow
                    legend="Look"
                    choices={schemes}
                    value={scheme}
                    onChoose={scheme => set({ scheme })}
                  />
                </div>
              }
            >
              {preview.data ? (
                <MailFrame
                  html={preview.data.html}
                  title={`${preview.data.subject}, ${scheme}, ${width} pixels wide`}
                  width={Number(width)}
                  scheme={scheme}
                />
              ) : (
                waitingFor(preview, 10)
              )}
            </Panel>
            {preview.data && (
              <Panel title="Text part" about="For readers that show no HTML">
                <pre className="font-mono text-sm wrap-anywhere whitespace-pre-wrap">{preview.data.text}</pre>
              </Panel>
            )}
          </div>
          <TestMail key={id} application={application} locale={locale} />
        </div>
      )}
    </>
  )
}
