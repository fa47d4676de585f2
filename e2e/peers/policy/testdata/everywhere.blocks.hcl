/* a */ policy /* b */ "donations" /* c */ { // d
  slot /* e */ "gpu" /* f */ { // g
    /* h */ max_concurrent /* i */ = /* j */ 2
    weight = 50 /* k */
  } // l
  // m
  slot "cpu" { /* n */
    max_concurrent = /* o */ 8 /* p */
    weight = 30 /* q */
    /* r */
  } /* s */
  slot "text" {
    max_concurrent = 4
    weight = 20 /* t */
  } // u
  // v

  // w
  /* x */ min_priority /* y */ = /* z */ 5 /* A */ // B
  allowed_users = [ /* C */ "alice@aurelia" /* D */, "bob@lex" /* E */ ] // F
} // G
