declare module 'mjml' {
  interface Result {
    html: string
    errors: { formattedMessage: string }[]
  }
  const mjml2html: (input: string, options?: Record<string, unknown>) => Promise<Result>
  // biome-ignore lint/style/noDefaultExport: this is what mjml exports
  export default mjml2html
}
