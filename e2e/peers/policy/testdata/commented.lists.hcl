// What mira gives away.
policy "donations" {
  slots = [
    // the big card
    { kind = "gpu", max_concurrent = 2, weight = 50 }, // day and night
    // quiet cores
    { kind = "cpu", /* of 16 */ max_concurrent = 8, weight = 30 }, // fans are loud

    { kind = "text", max_concurrent = 4, weight = 20 }, // small models
    // no embeddings yet
  ]

  nsfw_allowed          = false // hard-disabled at home
  max_job_duration_secs = 3600  // an hour
  public_mesh_opt_in    = true

  // below this nobody waits
  min_priority  = 5                            // normal
  allowed_users = ["alice@aurelia", "bob@lex"] // friends
  per_peer_overrides = [
    // she pays the bill
    { peer = "alice@aurelia", nsfw_allowed = true }, // since March
  ]
} // donations
// the end
