"""The policy pack: one rule a file, each a pure function over what is about to be declared."""
