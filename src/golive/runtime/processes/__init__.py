"""The programs that one golive consists of, one module each."""
