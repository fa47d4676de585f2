;; Asks for more memory than there is, is refused, and does without.
(module
  (memory (export "memory") 1)
  (func (export "_start") (drop (memory.grow (i32.const 60000)))))
