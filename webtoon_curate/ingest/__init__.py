"""Sources of comic pages: folders, archives, PDFs, strips and the web."""
