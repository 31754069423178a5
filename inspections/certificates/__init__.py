"""Papers that show what was inspected and who let it go: issued, signed, checked, and valid only while that holds."""
