"""The site board: the last answer to each check at every site of the desk."""
