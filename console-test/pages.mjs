// Every page: axe finds nothing serious, nothing is wider than the screen, no
// script fails. Two shapes have both themes and both widths between them; with
// SHAPES=all it is all four. The pictures are in out/ for people to look at.
import { openBrowser, visitor, signIn, check, shot, shapes } from './browser.mjs'
import assert from 'node:assert/strict'
import { rootKey } from './site.mjs'

const looked = process.env.SHAPES === 'all' ? Object.keys(shapes) : ['desktop-light', 'phone-dark']

export async function lookAtEveryPage(site, pages) {
  const browser = await openBrowser()
  const wrong = []
  const note = (e) => wrong.push(e.message)
  await Promise.all(looked.map(async (shape) => {
    const page = await visitor(browser, site, shapes[shape])
    await page.at('signin')
    await check(page, `signin ${shape}`).catch(note)
    await shot(page, `signin-${shape}`)
    await signIn(page, rootKey.id, rootKey.secret)
    await page.waitForURL(site.console)
    for (const [name, to] of Object.entries(pages)) {
      await page.at(to)
      if (await page.locator('[data-live] [data-bind=rate]').count()) {
        await page.locator('[data-live] [data-bind=rate]:not(:text-is("–"))').waitFor()
      }
      if (await page.locator('[data-live] [data-state], [data-backend] [data-active]').count()) await page.waitForTimeout(300)
      await check(page, `${name} ${shape}`).catch(note)
      await shot(page, `${name}-${shape}`)
    }
    await page.context().close()
  }))
  await browser.close()
  assert.deepEqual(wrong, [])
}
