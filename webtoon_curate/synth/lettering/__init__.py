"""What is written and said: typefaces, phrases, balloons and sounds."""
