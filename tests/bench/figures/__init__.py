"""The figures of the line engine, one function each; `../line.py` runs them."""
