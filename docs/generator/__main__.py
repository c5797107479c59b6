"""`python -m docs.generator`: writes every generated page, and says which changed."""

from docs.generator.pages import ROOT, generated_pages

if __name__ == "__main__":
    for path, text in generated_pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
