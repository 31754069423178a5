"""What machines use: rigs and the plant's systems, by key. Nothing here decides anything; services do."""
