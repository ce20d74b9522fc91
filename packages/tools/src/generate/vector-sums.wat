;; Sums over the stages of an explicit Runge-Kutta method with vectors of two numbers, two of them at a time for states. The order
;; in which numbers are added is that of the loops in JavaScript, so that the results have the same bits.
;;
;; Memory: length of the step at 8, result at 16, reltol at 24, bytes of a state, a multiple of 32, at 32, and address of abstol, a
;; number for each component, at 36. A row is a list of terms of 16 bytes: weight, address of the stage, and in the first one the bytes of the row. It has one at least.
(module
  (import "env" "memory" (memory 1))

  ;; out = u + h sum w k
  (func (export "advance") (param $row i32) (param $out i32) (param $u i32)
    (local $at i32) (local $bytes i32) (local $term i32) (local $end i32) (local $k i32)
    (local $h v128) (local $w v128) (local $a v128) (local $b v128)
    (local.set $h (v128.load64_splat offset=8 (i32.const 0)))
    (local.set $bytes (i32.load offset=32 (i32.const 0)))
    (local.set $end (i32.add (local.get $row) (i32.load offset=12 (local.get $row))))
    (loop $block
      (local.set $w (v128.load64_splat (local.get $row)))
      (local.set $k (i32.add (i32.load offset=8 (local.get $row)) (local.get $at)))
      (local.set $a (f64x2.mul (local.get $w) (v128.load (local.get $k))))
      (local.set $b (f64x2.mul (local.get $w) (v128.load offset=16 (local.get $k))))
      (local.set $term (i32.add (local.get $row) (i32.const 16)))
      (if (i32.lt_u (local.get $term) (local.get $end))
        (then
          (loop $next
            (local.set $w (v128.load64_splat (local.get $term)))
            (local.set $k (i32.add (i32.load offset=8 (local.get $term)) (local.get $at)))
            (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $w) (v128.load (local.get $k)))))
            (local.set $b (f64x2.add (local.get $b) (f64x2.mul (local.get $w) (v128.load offset=16 (local.get $k)))))
            (br_if $next (i32.lt_u (local.tee $term (i32.add (local.get $term) (i32.const 16))) (local.get $end))))))
      (local.set $k (i32.add (local.get $u) (local.get $at)))
      (local.set $term (i32.add (local.get $out) (local.get $at)))
      (v128.store (local.get $term) (f64x2.add (v128.load (local.get $k)) (f64x2.mul (local.get $h) (local.get $a))))
      (v128.store offset=16 (local.get $term) (f64x2.add (v128.load offset=16 (local.get $k)) (f64x2.mul (local.get $h) (local.get $b))))
      (br_if $block (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 32))) (local.get $bytes)))))

  ;; The sum of the squares of h sum w k by abstol + reltol max(|u|, |next|); NaN when a state is infinite.
  (func (export "squares") (param $row i32) (param $u i32) (param $next i32)
    (local $at i32) (local $bytes i32) (local $term i32) (local $end i32) (local $k i32)
    (local $abstol i32) (local $h v128) (local $reltol v128) (local $w v128) (local $a v128) (local $size v128) (local $sizes v128) (local $sum f64)
    (local.set $h (v128.load64_splat offset=8 (i32.const 0)))
    (local.set $abstol (i32.load offset=36 (i32.const 0)))
    (local.set $reltol (v128.load64_splat offset=24 (i32.const 0)))
    (local.set $bytes (i32.load offset=32 (i32.const 0)))
    (local.set $end (i32.add (local.get $row) (i32.load offset=12 (local.get $row))))
    (loop $block
      (local.set $w (v128.load64_splat (local.get $row)))
      (local.set $k (i32.add (i32.load offset=8 (local.get $row)) (local.get $at)))
      (local.set $a (f64x2.mul (local.get $w) (v128.load (local.get $k))))
      (local.set $term (i32.add (local.get $row) (i32.const 16)))
      (if (i32.lt_u (local.get $term) (local.get $end))
        (then
          (loop $next
            (local.set $w (v128.load64_splat (local.get $term)))
            (local.set $k (i32.add (i32.load offset=8 (local.get $term)) (local.get $at)))
            (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $w) (v128.load (local.get $k)))))
            (br_if $next (i32.lt_u (local.tee $term (i32.add (local.get $term) (i32.const 16))) (local.get $end))))))
      (local.set $size (f64x2.max
        (f64x2.abs (v128.load (i32.add (local.get $u) (local.get $at))))
        (f64x2.abs (v128.load (i32.add (local.get $next) (local.get $at))))))
      (local.set $sizes (f64x2.add (local.get $sizes) (local.get $size)))
      (local.set $a (f64x2.div (f64x2.mul (local.get $h) (local.get $a)) (f64x2.add (v128.load (i32.add (local.get $abstol) (local.get $at))) (f64x2.mul (local.get $reltol) (local.get $size)))))
      (local.set $a (f64x2.mul (local.get $a) (local.get $a)))
      (local.set $sum (f64.add (f64.add (local.get $sum) (f64x2.extract_lane 0 (local.get $a))) (f64x2.extract_lane 1 (local.get $a))))
      (br_if $block (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
    (f64.store offset=16 (i32.const 0)
      (select
        (local.get $sum)
        (f64.const nan)
        (f64.lt (f64.add (f64x2.extract_lane 0 (local.get $sizes)) (f64x2.extract_lane 1 (local.get $sizes))) (f64.const inf))))))
