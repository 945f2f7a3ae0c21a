"""Bodies under the heads: proportions, posture, clothes, hands and legs."""
