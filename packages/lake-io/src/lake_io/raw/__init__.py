"""The raw zone: payloads as received, typed rows, manifests, receipts and sightings."""
