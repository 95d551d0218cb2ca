"""The subcommands of `griddesk`, one file a family; `cli` assembles them."""
