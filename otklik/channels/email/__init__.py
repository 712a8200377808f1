"""E-mail: reading, threading, receiving and sending; free of Django imports so that the parser loads alone."""
