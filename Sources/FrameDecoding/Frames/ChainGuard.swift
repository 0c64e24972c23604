import TargetMemory

/// Guards a walk along pointers of the target: it ends at a bound, and a cycle is found out
/// (Brent's algorithm) instead of walked until the bound.
struct ChainGuard {
    private var tortoise: Address = 0
    private var steps = 0
    private var power = 1
    private var left: Int

    /// Deeper stacks than this are cut off at the root end.
    static let deepestStack = 1 << 16

    init(limit: Int) {
        left = limit
    }

    /// Notes that the walk has come to `address`; false when the bound is reached.
    mutating func step(_ address: Address) throws(DecodeError) -> Bool {
        if address == tortoise { throw .implausible("cycle in a chain", at: address) }
        steps += 1
        if steps == power {
            tortoise = address
            power *= 2
            steps = 0
        }
        left -= 1
        return left >= 0
    }
}
