"""When objects of each kind are ready: pure decisions on what is seen of them."""
