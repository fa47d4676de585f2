policy "donations" {
  slot "gpu" {
    max_concurrent = 2
    weight = 50
  }
  slot "cpu" {
    max_concurrent = 8
    weight = 50
  }
  min_priority = 5
  allowed_users = ["alice@aurelia"]
  override "alice@aurelia" {
    min_priority = 3
  }
}
