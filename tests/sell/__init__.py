"""What concerns all pages behind a shop's counter, whichever app they belong to."""
