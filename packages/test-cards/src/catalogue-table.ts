/**
 * All tables of this package in the order in which a reader wants them, ready to be printed. Whoever shows test cards
 * (a page, the documentation) prints this and types no number by hand.
 */
export interface TestCardCatalogue {
  readonly title: string
  /** Paragraphs; what stands between backticks is a literal value. The same holds for every text below. */
  readonly about: readonly string[]
  readonly sections: readonly CatalogueSection[]
}

/** One chapter. */
export interface CatalogueSection {
  /** Stays the same when the title changes; fit for a link. */
  readonly id: string
  readonly title: string
  /** What must be known before anything of this chapter is used. */
  readonly notice?: string
  readonly about: readonly string[]
  /** A number taken apart. */
  readonly example?: CatalogueExample
  readonly tables: readonly CatalogueTable[]
  /** TypeScript to be copied. */
  readonly code?: string
}

/** A number and what its digits mean, from left to right. The digits of all parts together are the number. */
export interface CatalogueExample {
  readonly number: string
  readonly parts: readonly { readonly digits: string; readonly name: string; readonly says: string }[]
}

/** Rows of one kind. */
export interface CatalogueTable {
  /** Absent where the chapter has one table only. */
  readonly title?: string
  readonly columns: readonly CatalogueColumn[]
  readonly rows: readonly CatalogueRow[]
}

/** What stands in a column. The first one names its row. */
export interface CatalogueColumn {
  /** Where a row has it. */
  readonly key: string
  readonly label: string
  /** `card` is a whole card number, digits only; `code` a literal value; `text` words. */
  readonly kind: 'card' | 'code' | 'text'
}

/** Values by the `key` of their column; absent where there is nothing to say. */
export type CatalogueRow = Readonly<Record<string, CatalogueValue | undefined>>

/** One value, or several with the case that each is for: `{ VISA: 'N7', MASTERCARD: '63' }`. */
export type CatalogueValue = string | Readonly<Record<string, string>>

/**
 * A table whose rows have the columns that are named, checked by the compiler. A column without any value is left out.
 * @param columns  key → heading and kind, from left to right
 */
export function catalogueTable<Key extends string>(
  columns: Readonly<Record<Key, readonly [label: string, kind: CatalogueColumn['kind']]>>,
  rows: readonly Readonly<Record<NoInfer<Key>, CatalogueValue | undefined>>[],
  title?: string,
): CatalogueTable {
  const named = Object.entries(columns) as [Key, readonly [string, CatalogueColumn['kind']]][]
  return {
    ...(title === undefined ? {} : { title }),
    columns: named
      .filter(([key]) => rows.some(row => row[key] !== undefined))
      .map(([key, [label, kind]]) => ({ key, label, kind })),
    rows,
  }
}
