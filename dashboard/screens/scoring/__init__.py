"""What leads are scored by: changed with its effect in sight, and tested."""
