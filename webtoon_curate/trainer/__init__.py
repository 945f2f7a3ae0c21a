"""Training jobs: one loop, one file a network, one file a method. Needs the extra `train`."""
