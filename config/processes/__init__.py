"""Web, worker and scheduler of one machine under one terminal: `make demo`, `make run`."""
