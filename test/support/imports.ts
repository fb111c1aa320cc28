import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** One source file: its path from the root, with slashes, and its text. */
export interface SourceFile {
  path: string
  text: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every TypeScript file under `src` of the apps and packages. */
export function readSources(): SourceFile[] {
  return ['apps', 'packages'].flatMap(group =>
    readdirSync(join(root, group)).flatMap(name => {
      const folder = join(root, group, name, 'src')
      return listFiles(folder)
        .filter(file => /\.tsx?$/.test(file))
        .map(file => ({
          path: relative(root, file).split(sep).join('/'),
          text: readFileSync(file, 'utf8'),
        }))
    }),
  )
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
  } catch {
    return []
  }
}

/** What a file imports, re-exports or loads, as it is written there. */
export function importsOf({ text }: SourceFile): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(file => file.fileName)
}

/** Whether a file exports a default, in either way of writing it. */
export function hasDefaultExport({ path, text }: SourceFile): boolean {
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return parsed.statements.some(
    statement =>
      ts.isExportAssignment(statement) ||
      (ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some(modifier => modifier.kind === ts.SyntaxKind.DefaultKeyword)) ||
      (ts.isExportDeclaration(statement) &&
        statement.exportClause !== undefined &&
        ts.isNamedExports(statement.exportClause) &&
        statement.exportClause.elements.some(element => element.name.text === 'default')),
  )
}

/** Whether a file's code, not its comments, reads the environment. */
export function readsEnvironment({ path, text }: SourceFile): boolean {
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node): boolean =>
    /^process\??\s*\.\s*env$|^process\[.env.\]$|^import\.meta\.env$/.test(node.getText()) ||
    (ts.forEachChild(node, child => visit(child) || undefined) ?? false)
  return visit(parsed)
}

/** Whether a file's code gives an object a member of this name: in a literal, or by an assignment. */
export function setsMember({ path, text }: SourceFile, name: string): boolean {
  if (!text.includes(name)) return false
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const isSet = (node: ts.Node): boolean =>
    (ts.isObjectLiteralElementLike(node) &&
      node.name?.getText().replace(/^\[?['"]|['"]\]?$/g, '') === name) ||
    (ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      new RegExp(`\\.${name}$|\\[['"]${name}['"]\\]$`).test(node.left.getText()))
  const visit = (node: ts.Node): boolean =>
    isSet(node) || (ts.forEachChild(node, child => visit(child) || undefined) ?? false)
  return visit(parsed)
}

/** `apps/api/src/x.ts` → `apps/api`. */
export const ownerOf = (path: string): string => path.split('/').slice(0, 2).join('/')

/** The path from the root that a relative import points at. */
export const targetOf = (path: string, specifier: string): string =>
  join(dirname(path), specifier).split(sep).join('/')
