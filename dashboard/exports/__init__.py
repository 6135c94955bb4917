"""Files and answers for other tools: tables, presets, routes."""
