"""What `openim-cicd doctor` looks at, one module for each neighbour. Every check only reads."""
