"""The screens, their queries, and exports."""
