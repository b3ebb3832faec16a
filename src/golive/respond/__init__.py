"""When production breaks: incidents, paging, on call, status page."""
