"""The host tool's parts: clusters of QEMUs joined by the hub.  The program is ./godwit."""
