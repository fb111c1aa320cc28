/** The one origin that may be led to, and what must not be taken for it. */
export const allowed = 'https://app.example.com'

export const refused = [
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '/\t/evil.test',
  ' https://evil.test',
  'https://app.example.com@evil.test',
  'https://app.example.com%2f@evil.test',
  'https://evil.test\\.app.example.com',
  'https://evil.test#app.example.com',
  'https://app.example.com.evil.test',
  'https://evilapp.example.com',
  'javascript://app.example.com/%0aalert(1)',
  'http://app.example.com/',
  'https://app.example.com:8443/',
  '/welcome',
  'https://app.example.com/\n',
  'https:app.example.com',
  'https:///app.example.com',
  'https://user:secret@app.example.com/',
  `https://app.example.com/${'a'.repeat(2000)}`,
]
