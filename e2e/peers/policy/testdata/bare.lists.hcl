policy "donations" {
  slots = [{ kind = "gpu", max_concurrent = 2, weight = 50 }, { kind = "cpu", max_concurrent = 8, weight = 50 }]
  min_priority = 5
  allowed_users = ["alice@aurelia"]
  per_peer_overrides = [{ peer = "alice@aurelia", min_priority = 3 }]
}
