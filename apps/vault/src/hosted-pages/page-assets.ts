/**
 * The scripts and the style sheet of the pages. They are files of the package `@coffer/pages`, served byte for byte
 * under a name that holds their hash, so that a browser may keep them for ever.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** A file that a page loads. */
export interface Asset {
  /** `/assets/<name>.<hash>.<ext>` */
  readonly path: string
  /** `sha384-…`, for the `integrity` attribute and, in quotes, for a Content-Security-Policy. */
  readonly integrity: string
  readonly contentType: string
  readonly bytes: Buffer
}

export interface PageAssets {
  /** Of the pages of a buyer. */
  readonly script: Asset
  /** Of the pages that a bank's frame ends on. */
  readonly notify: Asset
  readonly style: Asset
}

/** Reads them; there is nothing to build. */
export function loadPageAssets(): PageAssets {
  return {
    script: load('buyer-page', 'js', 'text/javascript; charset=utf-8'),
    notify: load('notify', 'js', 'text/javascript; charset=utf-8'),
    style: load('style', 'css', 'text/css; charset=utf-8'),
  }
}

function load(name: string, extension: string, contentType: string): Asset {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(`@coffer/pages/${name}.${extension}`))
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`
  return { path: `/assets/${name}.${hash}.${extension}`, integrity, contentType, bytes }
}
