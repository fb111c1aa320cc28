export function bundle(entryPoints: string[], folder: string): Promise<void>
