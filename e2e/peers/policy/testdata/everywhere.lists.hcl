/* a */ policy /* b */ "donations" /* c */ { // d
  slots /* e */ = /* f */ [ // g
    { kind = "gpu" /* h */, max_concurrent /* i */ = /* j */ 2, weight = 50 } /* k */, // l
    // m
    { /* n */ kind = "cpu", max_concurrent = /* o */ 8 /* p */, weight = 30 /* q */ } /* r */, /* s */
    { kind = "text", max_concurrent = 4, weight = 20 /* t */ } // u
    // v
  ] // w
  /* x */ min_priority /* y */ = /* z */ 5 /* A */ // B
  allowed_users = [ /* C */ "alice@aurelia" /* D */, "bob@lex" /* E */ ] // F
} // G
