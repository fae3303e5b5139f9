"""Program -> Facts, the same for every language: fold, flow, reach, text, native, tables."""
