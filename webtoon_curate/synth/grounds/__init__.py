"""What lies behind people: places indoors and outdoors, moods, patterns."""
