"""The national list: reading a crawl, keeping it, asking the portal for a newer one."""
