"""`python -m reference`: writes every generated page, and says which changed."""

from reference.pages import ROOT, generated

if __name__ == "__main__":
    for path, text in generated().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
