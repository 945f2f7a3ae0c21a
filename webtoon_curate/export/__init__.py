"""From the manifest and the pages to what trainers read: one module a format."""
