#!/usr/bin/env python3
"""Takes the pictures that scripts/screenshots is for: of site.svg and site.html in FOLDER, into another.

    scripts/take_pictures.py FOLDER IMAGES
"""
import os
import sys

from browser import Browser, Failure

FRAME = """(() => {
  const g = [...document.querySelectorAll('.frames g')].find((g) => g.textContent.startsWith('%s'));
  const box = g.getBoundingClientRect(); return [box.x + Math.min(box.width / 2, 60), box.y + 8]; })()"""
BOX = """(() => { const flame = report.flame;
  const box = flame.boxes.find(({ node }) => flame.scene.tree.labels.name(flame.scene.tree.label[node]) === '%s');
  const corner = flame.canvas.getBoundingClientRect();
  return [corner.x + box.x + Math.min(box.width / 2, 60), corner.y + flame.top(box.row) + 8]; })()"""


def height_of(browser, limit):
    """The height of a flame graph, up to `limit`."""
    return min(int(browser.evaluate("document.querySelector('.paper').getBoundingClientRect().height")), limit)


def pictures_of_svg(browser, path, images):
    browser.resize(1100, 200)
    browser.open(path)
    tall = height_of(browser, 900)
    browser.resize(1100, tall)
    browser.open(path)
    browser.picture(images("flame-light.png"))
    browser.scheme(True)
    browser.key("f", ctrl=True)
    browser.type("markdown/")
    browser.picture(images("flame-search-dark.png"))
    browser.key("Escape")
    browser.click(*browser.evaluate(FRAME % "Site.render"))
    browser.picture(images("flame-zoom-dark.png"))
    browser.scheme(False)


def pictures_of_html(browser, path, images):
    browser.resize(1100, 620)
    browser.open(path)
    browser.move(*browser.evaluate(BOX % "Site.render"))
    browser.picture(images("report-light.png"))
    browser.move(1, 1)
    browser.scheme(True)
    time = browser.evaluate("(() => { const b = document.querySelector('.time canvas').getBoundingClientRect();"
                            " return [b.x, b.y, b.width]; })()")
    browser.drag(time[0] + time[2] * 0.3, time[1] + 20, time[0] + time[2] * 0.5, time[1] + 20)
    browser.key("f", ctrl=True)
    browser.type("jinja2")
    browser.picture(images("report-search-dark.png"))
    browser.key("Escape")
    browser.click(time[0] + 5, time[1] + 20)
    for view in ("source", "functions", "callers"):
        browser.scheme(view == "callers")
        browser.evaluate("document.querySelector('[data-view=%s]').click()" % view)
        if view == "source":
            browser.evaluate("[...document.querySelectorAll('.files button')]"
                             ".find((file) => file.textContent.startsWith('pygments/lexer.py')).click()")
        browser.picture(images("report-%s.png" % view))


def main():
    folder, target = sys.argv[1:]
    browser = Browser()
    try:
        pictures_of_svg(browser, os.path.join(folder, "site.svg"), lambda name: os.path.join(target, name))
        pictures_of_html(browser, os.path.join(folder, "site.html"), lambda name: os.path.join(target, name))
        messages = browser.events()["messages"]
        if messages:
            print("\n".join(messages), file=sys.stderr)
            return 1
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
