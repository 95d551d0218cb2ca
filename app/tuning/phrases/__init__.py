"""How operators speak and how a recogniser mishears them: the grammar of phrases."""
