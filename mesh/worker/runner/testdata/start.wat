;; Its start function, which runs before _start, never ends.
(module
  (memory (export "memory") 1)
  (func $begin (loop $ever (br $ever)))
  (func (export "_start"))
  (start $begin))
