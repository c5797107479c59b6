"""What is done once the forecasts are published: explained, told to others; and asked of them later: what if."""
