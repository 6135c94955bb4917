"""Files and answers for other tools: text, presets, routes."""
