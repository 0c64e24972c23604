/// A growing row of plain values. Unlike an array it is never shared, so nothing is checked or
/// counted when it is looked at.
struct Store<Value: BitwiseCopyable>: ~Copyable {
    private(set) var start: UnsafeMutablePointer<Value>
    private(set) var count = 0
    private var capacity = 16

    init() {
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    subscript(index: Int) -> Value {
        @inline(__always) get { start[index] }
        @inline(__always) nonmutating _modify { yield &start[index] }
    }

    mutating func append(_ value: Value) {
        if count == capacity { grow(to: capacity * 2) }
        (start + count).initialize(to: value)
        count += 1
    }

    /// Room for `wanted` values; those that are there are kept, the room itself is not initialised.
    mutating func reserve(_ wanted: Int) {
        if wanted > capacity { grow(to: wanted + wanted / 2) }
    }

    mutating func removeAll() { count = 0 }

    private mutating func grow(to wanted: Int) {
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: wanted)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
        capacity = wanted
    }
}
