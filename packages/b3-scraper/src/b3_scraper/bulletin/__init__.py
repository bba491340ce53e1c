"""B3's daily bulletin (BDI): chapter 2 holds the portfolios of the quadrimester's first session."""
