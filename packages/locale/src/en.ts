/** English: the language that defines which words there are. Values are ICU MessageFormat. */
export const en = {
  mail: {
    greeting: 'Hello {name},',
    greetingPlain: 'Hello,',
  },
  pages: {
    continue: 'Continue',
  },
}
