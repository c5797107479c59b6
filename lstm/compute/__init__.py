"""Where work is done: in this process, or in others of this machine; a flow may hand in a cluster."""
