/** The checks of `make check`: each is a command that exits 0 when all is well. */
export const CHECKS: readonly { name: string; words: readonly string[] }[] = [
  { name: 'format', words: ['npx', '--no-install', 'prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', words: ['npx', '--no-install', 'oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', words: ['npx', '--no-install', 'tsc', '--noEmit', '-p', '.'] },
  {
    name: 'generated types match the CRDs',
    words: [process.execPath, 'tools/generate/crd-types.ts', '--check'],
  },
  {
    name: 'every security case has its tests',
    words: [process.execPath, 'tools/generate/security-cases.ts', '--check'],
  },
  {
    name: 'the chart says what the manifests say',
    words: [process.execPath, 'tools/generate/chart.ts', '--check'],
  },
  { name: 'the chart is sound', words: [process.execPath, 'tools/chart/lint.ts'] },
  {
    name: 'the API server takes the chart (server-side dry run)',
    words: [process.execPath, '--test', '--test-reporter=dot', 'test/chart/dry-run.test.ts'],
  },
];
