"""Colours of all figures, which those who see fewer of them can tell apart (Okabe and Ito)."""

BLACK, ORANGE, BLUE, GREEN = "#000000", "#E69F00", "#0072B2", "#009E73"
PURPLE, RED, SKY = "#CC79A7", "#D55E00", "#56B4E9"
GREY, DARK_GREY = "#BBBBBB", "#767676"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK, DARK_GREY)
"""One for each curve, in this order."""
