/** The browser that is installed on this machine, as tests use it. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page, type PageScreenshotOptions } from 'playwright-core'

/** Chromium without windows: the same engine, and 0.6 s of processor time for a buyer instead of 2.8 s (2026-11-29). */
const shells = ['chromium-headless-shell', 'chrome-headless-shell']

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** Where macOS has them. */
const paths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Why a test did not run, and the line that changes that. */
export const NO_BROWSER =
  'No Chromium or Chrome is installed here. On Debian: apt-get install -y --no-install-recommends chromium chromium-headless-shell'

/**
 * The quickest there is: the shell, else the whole browser.
 * @returns `undefined` when none is installed
 */
export function findBrowser(): string | undefined {
  return shells.flatMap(inFolders).find(isProgram) ?? findWholeBrowser()
}

/**
 * The browser as people have it, with windows and with the settings of a person.
 * @returns `undefined` when none is installed
 */
export function findWholeBrowser(): string | undefined {
  return [...names.flatMap(inFolders), ...paths].find(isProgram)
}

/** Starts it with a profile of its own, which is gone afterwards, and without its talking to anybody. */
export function openBrowser(executablePath: string): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
  return chromium.launch({ executablePath, args: [...args, '--disable-component-update', '--disable-sync'] })
}

/** Folder for pictures of the pages, for somebody to look at; none are taken without it. */
export const pictures = process.env['SCREENSHOTS']

/** Takes a picture of a page, where somebody wants one. */
export async function takePicture(page: Page, name: string, options: PageScreenshotOptions = {}): Promise<void> {
  if (pictures) await page.screenshot({ ...options, path: join(pictures, `${name}.png`) })
}

function inFolders(name: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return folders.map(folder => join(folder, name))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
