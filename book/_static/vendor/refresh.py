"""Re-create the vendored MathJax, fonts and icons from their pinned npm packages, byte for byte.

    python book/_static/vendor/refresh.py

The versions are in vendored.yml. Needs npm and the Python package fonttools, in the version of requirements-dev.lock. To give the
fonts another character, add it to fonts/characters.txt (the Chinese characters beyond level 1 of
GB2312) and run the command again.
"""

import base64
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import yaml
from fontTools import subset

HERE = Path(__file__).resolve().parent
VERSIONS = {entry["package"]: entry["version"] for entry in yaml.safe_load((HERE / "vendored.yml").read_text(encoding="utf-8"))}
PRINT = HERE.parents[1] / "_print" / "fonts"
# Text and headings of the PDF: package, family of the subset, file of each style. Bold is the semibold of the family.
PRINT_FONTS = [
    ("source-serif", "Book Serif",
     {"Regular": "SourceSerif4-Regular", "Italic": "SourceSerif4-It", "Bold": "SourceSerif4-Semibold", "BoldItalic": "SourceSerif4-SemiboldIt"}),
    ("source-sans", "Book Sans", {"Regular": "SourceSans3-Regular", "Italic": "SourceSans3-It", "Bold": "SourceSans3-Semibold"}),
]

ICONS = "@fortawesome/fontawesome-free"  # in the version whose codes are in the theme's style sheet
# Every icon that the theme's templates and style sheets or the book name; a test finds one that is missing.
ICON_NAMES = """angle-down angle-left angle-right arrow-up bars bell book check-circle chevron-down circle-half-stroke code download
exclamation-circle exclamation-triangle expand external-link file file-lines file-pdf home info-circle lightbulb list magnifying-glass
moon outdent pencil pencil-alt play rocket search-minus share sun times-circle xmark""".split()

# Separate components, since the combined tex-svg.js is over 2 MB and its menu asks for files that are
# not here. SVG needs no font files, which some browsers refuse to read over file://. tex-full brings
# the TeX extensions along, so none is asked for later.
COMPONENTS = [
    "startup.js",
    "core.js",
    "input/tex-full.js",
    "output/svg.js",
    "output/svg/fonts/tex.js",
    "a11y/assistive-mml.js",
    "adaptors/liteDOM.js",  # for the PDF, which is set without a browser
]

RANGES = [
    (0x20, 0x7E),  # ASCII
    (0xA0, 0xFF),  # Latin-1
    (0x391, 0x3C9),  # Greek
    (0x2010, 0x205E),  # general punctuation
    (0x3000, 0x303F),  # CJK punctuation
    (0xFF01, 0xFFEE),  # fullwidth forms
]
SYMBOLS = "€℃№→←↑↓−∑√∞≈≠≤≥①②③④⑤⑥⑦⑧⑨⑩■□▲△●○★"  # U+2212 is the minus of matplotlib's axes


# What the fonts of the PDF hold: European letters, Greek, marks, and the symbols of formulas in running text.
PRINT_RANGES = [(0x20, 0x7E), (0xA0, 0x17F), (0x300, 0x304), (0x391, 0x3C9), (0x1D2C, 0x1D6A), (0x2010, 0x205E), (0x2070, 0x209C), (0x2190, 0x2193)]


def print_characters():
    """All code points of the fonts of the PDF."""
    return {code for first, last in PRINT_RANGES for code in range(first, last + 1)} | set(map(ord, SYMBOLS + "✓✗∝Δ"))


def unpack(package, folder):
    """Fetch an npm package into the folder and return the path of its content."""
    command = ["npm", "pack", "--silent", f"{package}@{VERSIONS[package]}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def copy_mathjax(package):
    target = HERE / "mathjax"
    shutil.rmtree(target, ignore_errors=True)
    for name in COMPONENTS:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / "es5" / name, target / name)
    shutil.copyfile(package / "LICENSE", target / "LICENSE")


def kept_characters():
    """All code points of the subset."""
    kept = {code for first, last in RANGES for code in range(first, last + 1)}
    kept.update(map(ord, SYMBOLS))
    for row in range(0xB0, 0xD8):  # level 1 of GB2312; the last five places of its last row are empty
        cells = bytes(byte for column in range(0xA1, 0xFF) for byte in (row, column))
        kept.update(map(ord, cells.decode("gb2312", "ignore")))
    kept.update(map(ord, "".join((HERE / "fonts/characters.txt").read_text(encoding="utf-8").split())))
    return kept


def chinese_options():
    options = font_options()
    options.layout_features = []  # no kerning or vertical forms: the text is horizontal Chinese
    options.drop_tables += ["BASE", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    return options


def print_options():
    options = font_options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "lnum", "tnum"]
    return options


def font_options():
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.recalc_timestamp = False  # the same bytes on every run
    return options


def subset_font(source, target, options, characters, family, style):
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    rename(font, family, style)
    subset.save_font(font, target, options)


def write_icons(package):
    """Write a style sheet that holds a font of the few icons in use, in place of the theme's script with all of them (1.5 MB)."""
    style = (package / "css/fontawesome.css").read_text(encoding="utf-8")
    codes = {name: re.search(rf'\.fa-{name}::?before\s*{{\s*content: "\\([0-9a-f]+)"', style)[1] for name in ICON_NAMES}
    options = font_options()
    options.flavor = "woff2"
    font = subset.load_font(package / "webfonts/fa-solid-900.woff2", options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes={int(code, 16) for code in codes.values()})
    subsetter.subset(font)
    with tempfile.TemporaryDirectory() as folder:
        subset.save_font(font, f"{folder}/icons.woff2", options)
        content = base64.b64encode(Path(f"{folder}/icons.woff2").read_bytes()).decode()
    (HERE.parent / "icons.css").write_text(
        "/* Made by vendor/refresh.py: the icons of Font Awesome Free that the pages use (font: OFL-1.1, vendor/fonts/FontAwesome-LICENSE.txt).\n"
        "   In the style sheet, so that icons show at once and from disk. It takes the place of the theme's rule of the same name. */\n"
        '@font-face { font-family: "Font Awesome 6 Free"; font-weight: 900; font-style: normal; font-display: block;\n'
        f'  src: url("data:font/woff2;base64,{content}") format("woff2"); }}\n', encoding="utf-8", newline="\n")
    shutil.copyfile(package / "LICENSE.txt", HERE / "fonts/FontAwesome-LICENSE.txt")


def rename(font, family, style):
    """Name the subset for what it is: the font licences reserve the names of the originals."""
    postscript = f"{family.replace(' ', '')}-{style}"
    names = {1: family, 2: style, 3: postscript, 4: f"{family} {style}", 6: postscript}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    cff = font["CFF "].cff
    cff.fontNames = [postscript]
    cff.topDictIndex[0].FullName = names[4]
    cff.topDictIndex[0].FamilyName = family


def main():
    with tempfile.TemporaryDirectory() as mathjax, tempfile.TemporaryDirectory() as fonts:
        copy_mathjax(unpack("mathjax", Path(mathjax)))
        # The font package is under the OFL, but the fonts' own name tables say Apache 2.0: keep both.
        shutil.copyfile(HERE / "mathjax/LICENSE", HERE / "fonts/Apache-2.0.txt")
        package = unpack("@embedpdf/fonts-sc", Path(fonts))
        for weight in ("Regular", "Bold"):
            source = package / f"fonts/NotoSansHans-{weight}.otf"
            subset_font(source, HERE / f"fonts/NotoSansSC-{weight}.otf", chinese_options(), kept_characters(), "Book Sans SC", weight)
        shutil.copyfile(package / "LICENSE", HERE / "fonts/OFL.txt")
    with tempfile.TemporaryDirectory() as folder:
        write_icons(unpack(ICONS, Path(folder)))
    for origin, family, styles in PRINT_FONTS:
        with tempfile.TemporaryDirectory() as folder:
            package = unpack(origin, Path(folder))
            for style, name in styles.items():
                target = PRINT / f"{family.replace(' ', '')}-{style}.otf"
                subset_font(package / "OTF" / f"{name}.otf", target, print_options(), print_characters(), family, style)
            shutil.copyfile(package / "LICENSE.md", PRINT / f"{family.replace(' ', '')}-LICENSE.md")


if __name__ == "__main__":
    main()
