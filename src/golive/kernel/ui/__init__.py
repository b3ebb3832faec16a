"""The control room's look: tokens, components, drawings and the frame round every page."""
