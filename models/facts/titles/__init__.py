"""What a job title tells: how senior somebody is, and what they work on."""
