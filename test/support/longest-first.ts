/** The order in which test files are run. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files with browsers and whole processes take a minute, others seconds, whatever their sizes. */
const long = /\/test\/(browser|system|leaks)\//

/** Puts the long files first, so that at the end no worker is left alone with one. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(file => long.test(file.moduleId)), ...sorted.filter(file => !long.test(file.moduleId))]
  }
}
