"""Words of the demo company: stories, names, organisations, equipment. Data only; everything in it is invented."""
