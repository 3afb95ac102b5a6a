"""Tags in a drawn PDF: title, language, and one figure with the words that stand for it."""

from __future__ import annotations

from pathlib import Path

from ..labels import language


def tag_pdf(path: Path, *, title: str, alt: str, lang: str = "sv") -> None:
    """
    Tag a PDF of one drawn page, in place, so that a screen reader reads `alt` for the drawing.

    All that is drawn becomes the content of one figure (ISO 32000-1, 14.8.4.5), as the law on
    digital public service asks of pictures: title, language and alternative text.

    Parameters
    ----------
    path
        A file with one page, as matplotlib writes it.
    title, alt
        The title of the document, and what stands for the picture.
    lang
        Language of both, "sv" or "en".
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import (
        ArrayObject,
        BooleanObject,
        DictionaryObject,
        NameObject,
        NumberObject,
        StreamObject,
        TextStringObject,
    )

    name, given = NameObject, PdfReader(path)
    writer = PdfWriter(clone_from=given)
    page, root = writer.pages[0], writer.root_object
    found = page.get_contents()
    drawn = found.get_data() if found is not None else b""
    content = StreamObject()
    content.set_data(b"/Figure <</MCID 0>> BDC\n" + drawn + b"\nEMC\n")
    page[name("/Contents")] = writer._add_object(content.flate_encode())
    page[name("/StructParents")] = NumberObject(0)
    page[name("/Tabs")] = name("/S")
    top = DictionaryObject({name("/Type"): name("/StructTreeRoot")})
    tree = writer._add_object(top)
    document = DictionaryObject({name("/S"): name("/Document"), name("/P"): tree})
    place = writer._add_object(document)
    figure = writer._add_object(
        DictionaryObject(
            {
                name("/S"): name("/Figure"),
                name("/P"): place,
                name("/Pg"): page.indirect_reference,
                name("/K"): NumberObject(0),
                name("/Alt"): TextStringObject(alt),
            }
        )
    )
    document[name("/K")] = ArrayObject([figure])
    top[name("/K")] = ArrayObject([place])
    numbers = ArrayObject([NumberObject(0), ArrayObject([figure])])
    top[name("/ParentTree")] = DictionaryObject({name("/Nums"): numbers})
    root[name("/StructTreeRoot")] = tree
    root[name("/MarkInfo")] = DictionaryObject({name("/Marked"): BooleanObject(True)})
    root[name("/Lang")] = TextStringObject(language(lang).tag)
    shown = DictionaryObject({name("/DisplayDocTitle"): BooleanObject(True)})
    root[name("/ViewerPreferences")] = shown
    about = {key: value for key, value in (given.metadata or {}).items() if key != "/Producer"}
    # the drawing before it was tagged is needed no more
    writer.compress_identical_objects(remove_duplicates=False)
    writer.metadata = {"/Title": title, **about}
    writer.write(path)
