"""Who a rule means: visits at hand, and what is asked of them."""
