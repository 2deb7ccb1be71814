"""Re-create the vendored MathJax and fonts from their pinned npm packages, byte for byte.

    python book/_static/vendor/refresh.py

Needs npm and the Python package fonttools, in the version of requirements-dev.lock. To give the
fonts another character, add it to fonts/characters.txt (the Chinese characters beyond level 1 of
GB2312) and run the command again.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset

HERE = Path(__file__).resolve().parent
MATHJAX = "mathjax", "3.2.2"
FONTS = "@embedpdf/fonts-sc", "1.0.0"
PRINT = HERE.parents[1] / "_print" / "fonts"
# Text and headings of the PDF: package, family of the subset, file of each style. Bold is the semibold of the family.
PRINT_FONTS = [
    (("source-serif", "4.5.1"), "Book Serif",
     {"Regular": "SourceSerif4-Regular", "Italic": "SourceSerif4-It", "Bold": "SourceSerif4-Semibold", "BoldItalic": "SourceSerif4-SemiboldIt"}),
    (("source-sans", "3.52.0"), "Book Sans", {"Regular": "SourceSans3-Regular", "Italic": "SourceSans3-It", "Bold": "SourceSans3-Semibold"}),
]

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


def unpack(package, version, folder):
    """Fetch an npm package into the folder and return the path of its content."""
    command = ["npm", "pack", "--silent", f"{package}@{version}"]
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
        copy_mathjax(unpack(*MATHJAX, Path(mathjax)))
        # The font package is under the OFL, but the fonts' own name tables say Apache 2.0: keep both.
        shutil.copyfile(HERE / "mathjax/LICENSE", HERE / "fonts/Apache-2.0.txt")
        package = unpack(*FONTS, Path(fonts))
        for weight in ("Regular", "Bold"):
            source = package / f"fonts/NotoSansHans-{weight}.otf"
            subset_font(source, HERE / f"fonts/NotoSansSC-{weight}.otf", chinese_options(), kept_characters(), "Book Sans SC", weight)
        shutil.copyfile(package / "LICENSE", HERE / "fonts/OFL.txt")
    for origin, family, styles in PRINT_FONTS:
        with tempfile.TemporaryDirectory() as folder:
            package = unpack(*origin, Path(folder))
            for style, name in styles.items():
                target = PRINT / f"{family.replace(' ', '')}-{style}.otf"
                subset_font(package / "OTF" / f"{name}.otf", target, print_options(), print_characters(), family, style)
            shutil.copyfile(package / "LICENSE.md", PRINT / f"{family.replace(' ', '')}-LICENSE.md")


if __name__ == "__main__":
    main()
