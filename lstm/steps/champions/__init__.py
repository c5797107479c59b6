"""Who could be compared with, who serves tonight, and who served last night."""
